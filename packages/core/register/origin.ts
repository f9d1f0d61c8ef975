/**
 * Out of what a person had what they signed into the register: a bill of materials, a hub's answer,
 * a census. The person's signature makes it the register's; the origin says whose word it was.
 */
import { digest, object, oneOf, type Shaped, text } from "../encoding/shape.ts";

export const originShape = object({
  /** `import`: a document from outside. `observation`: a census. `claim`: what an agent said. */
  by: oneOf("import", "observation", "claim"),
  /** What kind of document: `cyclonedx-1.6`, `spdx-3.0.1`, `hugging-face`, `osv`. */
  format: text(64),
  /** Digest of its bytes, so that whoever keeps the document can show that it was this one. */
  document: digest,
});
export type Origin = Shaped<typeof originShape>;
