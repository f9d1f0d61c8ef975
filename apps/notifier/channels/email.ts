/** Mail by SMTP. */
import { type Refused, refused } from "@writ/core";
import { createTransport } from "nodemailer";
import type { Channel } from "../config.ts";
import { type Notice, textOf } from "../notice.ts";

type Mailbox = Extract<Channel, { readonly kind: "email" }>;

const milliseconds = 30_000;
const loopback = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/;

export async function sendEmail(
  { host, port, tls, user, password, from, to }: Mailbox,
  notices: readonly Notice[],
  id: string,
): Promise<Refused | undefined> {
  const transport = createTransport({
    host,
    port,
    secure: tls,
    // Findings say where weights lie: over a network they go by TLS, or not at all.
    requireTLS: !tls && !loopback.test(host),
    ...(user === undefined ? {} : { auth: { user, pass: password ?? "" } }),
    connectionTimeout: milliseconds,
    greetingTimeout: milliseconds,
    socketTimeout: milliseconds,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const [only, second] = notices;
  const subject =
    second === undefined ? only!.title : `${notices.length} notices of the quiet hours`;
  try {
    await transport.sendMail({
      from,
      to: [...to],
      subject: `[writ] ${subject}`,
      text: `${notices.map(textOf).join("\n\n")}\n`,
      // The same mail sent again is seen to be the same.
      messageId: `<${id}@writ.invalid>`,
      headers: { "Auto-Submitted": "auto-generated", "X-Writ-Notice": id },
    });
    return undefined;
  } catch (error) {
    return refused("unavailable", (error as Error).message);
  } finally {
    transport.close();
  }
}
