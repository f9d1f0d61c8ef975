/**
 * The text of a fingerprint: canonical JSON, so one fingerprint has one text and one digest. Values
 * are base64 of little-endian numbers in the narrowest form that holds them.
 */
import {
  boolean,
  encodeCanonical,
  fromBase64,
  fromHex,
  integer,
  isRefused,
  type Json,
  list,
  matching,
  object,
  oneOf,
  optional,
  parseCanonicalObject,
  type Refused,
  readShape,
  refused,
  type Shaped,
  text,
  toBase64,
  toHex,
} from "../core.ts";
import { decodeElements } from "../values/decode.ts";
import { cosineUnit, type Fingerprint, fingerprintVersion } from "./enrolment.ts";
import type { Geometry } from "./geometry.ts";
import { type Form, forms, narrow } from "./narrow.ts";
import { placesOf } from "./places.ts";
import { type RowTable, signatureLength } from "./rows.ts";
import type { SketchedView } from "./sketch.ts";
import { parseTrees, treesShape, treesText } from "./trees/trees-text.ts";
import { keyOf, rowMajor } from "./view.ts";

/** No model known has as many tensors; a fingerprint holds far fewer views. */
const weightsMax = 1_000_000;
const viewsMax = 100_000;
const runsMax = 1_024;
/** Text of one base64 member: a row table of 16,384 rows takes 349,528. */
const base64Max = 4_000_000;
const sizeMax = Number.MAX_SAFE_INTEGER;

const count = integer(0, sizeMax);
const hash = matching(/^[0-9a-f]{64}$/, "64 hex digits");
const name = text(1_024, 0);
const base64 = text(base64Max, 0);
const dimensions = list(integer(0, sizeMax), 16);

const fingerprintShape = object({
  version: integer(fingerprintVersion, fingerprintVersion),
  name,
  format: text(64, 0),
  keyId: matching(/^[0-9a-f]{16}$/, "16 hex digits"),
  files: list(object({ size: count, sha256: hash, xet: hash }), 10_000),
  tensors: list(
    object({ type: text(32), exact: hash, form: text(32), values: optional(hash) }),
    weightsMax,
  ),
  weights: list(
    object({ name, shape: dimensions, type: text(64), quantised: boolean }),
    weightsMax,
  ),
  views: list(
    object({
      weight: integer(0, weightsMax),
      how: text(64, 0),
      shape: dimensions,
      runs: integer(0, runsMax),
      form: oneOf(...forms),
      values: base64,
    }),
    viewsMax,
  ),
  tables: list(
    object({ weight: integer(0, weightsMax), shape: dimensions, signatures: base64 }),
    64,
  ),
  geometries: list(object({ weight: integer(0, weightsMax), among: count, cosines: base64 }), 64),
  trees: optional(treesShape),
});

type Text = Shaped<typeof fingerprintShape>;

/** The canonical bytes of a fingerprint. */
export function encodeFingerprint(fingerprint: Fingerprint): Uint8Array {
  const { name, format, keyId } = fingerprint;
  return encodeCanonical({
    ...{ version: fingerprintVersion, name, format, keyId },
    ...(fingerprint.trees === undefined ? {} : { trees: treesText(fingerprint.trees) }),
    files: fingerprint.files.map(({ size, sha256, xet }) => ({ size, sha256: toHex(sha256), xet })),
    tensors: fingerprint.tensors.map(({ type, exact, form, values }) => ({
      ...{ type, exact: toHex(exact), form },
      ...(form === type ? {} : { values: toHex(values) }),
    })),
    weights: fingerprint.weights.map(({ name, shape, type, quantised }) => ({
      ...{ name, shape, type, quantised },
    })),
    views: fingerprint.views.map(viewText),
    tables: fingerprint.tables.map(({ weight, shape, signatures }) => ({
      ...{ weight, shape },
      signatures: toBase64(
        new Uint8Array(signatures.buffer, signatures.byteOffset, signatures.length),
      ),
    })),
    geometries: fingerprint.geometries.map(({ weight, among, cosines }) => ({
      ...{ weight, among },
      cosines: toBase64(
        new Uint8Array(Int16Array.from(cosines, (c) => Math.round(c * cosineUnit)).buffer),
      ),
    })),
  });
}

function viewText({ view, places, values }: SketchedView): Json {
  const wide = new Uint8Array(Float32Array.from(values).buffer);
  let form: Form = "F32";
  let bytes = wide;
  for (const narrower of ["F16", "BF16"] as const) {
    const narrowed = narrow("F32", narrower, wide);
    if (narrowed === undefined) continue;
    form = narrower;
    bytes = narrowed as Uint8Array<ArrayBuffer>;
    break;
  }
  const { weight, how, shape } = view;
  return {
    weight,
    how,
    shape: [...shape],
    runs: places.starts.length,
    form,
    values: toBase64(bytes),
  };
}

/**
 * Reads a fingerprint. `key` is the estate's sketch key: places are drawn again from it, and a
 * fingerprint that was made under another key is refused.
 */
export function parseFingerprint(
  bytes: Uint8Array,
  key: { readonly key: Uint8Array; readonly keyId: string },
): Fingerprint | Refused {
  const json = parseCanonicalObject(bytes);
  if (isRefused(json)) return json;
  const read = readShape(fingerprintShape, json, "fingerprint");
  if (isRefused(read)) return read;
  if (read.keyId !== key.keyId) {
    return refused("wrong-estate", "the fingerprint was made under another sketch key");
  }
  const views: SketchedView[] = [];
  for (const [index, view] of read.views.entries()) {
    const parsed = parseView(view, read, key.key);
    if (parsed === undefined) return refused("malformed", `fingerprint.views[${index}]`);
    views.push(parsed);
  }
  const tables = read.tables.map((table) => parseTable(table, read));
  const geometries = read.geometries.map((geometry) => parseGeometry(geometry, read));
  if (tables.includes(undefined)) return refused("malformed", "fingerprint.tables");
  if (geometries.includes(undefined)) return refused("malformed", "fingerprint.geometries");
  const trees = read.trees === undefined ? undefined : parseTrees(read.trees);
  if (read.trees !== undefined && trees === undefined) {
    return refused("malformed", "fingerprint.trees");
  }
  return {
    ...{ name: read.name, format: read.format, keyId: read.keyId, views },
    ...(trees === undefined ? {} : { trees }),
    files: read.files.map((file) => ({ ...file, sha256: fromHex(file.sha256)! })),
    tensors: read.tensors.map(({ type, exact, form, values }) => ({
      ...{ type, exact: fromHex(exact)!, form, values: fromHex(values ?? exact)! },
    })),
    weights: read.weights.map((weight) => ({ ...weight, elements: productOf(weight.shape) })),
    tables: tables as RowTable[],
    geometries: geometries as Geometry[],
  };
}

function productOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function parseView(
  view: Text["views"][number],
  whole: Text,
  key: Uint8Array,
): SketchedView | undefined {
  const bytes = fromBase64(view.values);
  const elements = productOf(view.shape);
  if (bytes === undefined || view.weight >= whole.weights.length) return undefined;
  if (!Number.isSafeInteger(elements) || elements < 1 || view.shape.length === 0) return undefined;
  const places = placesOf(key, view.shape, view.runs);
  const values = new Float32Array(places.starts.length * places.length);
  if (places.starts.length !== view.runs) return undefined;
  if (bytes.length !== values.length * (view.form === "F32" ? 4 : 2)) return undefined;
  decodeElements(view.form, bytes, values);
  return {
    view: {
      ...{ weight: view.weight, how: view.how, shape: view.shape, base: 0 },
      strides: rowMajor(view.shape),
    },
    ...{ key: keyOf(view.shape), places, values, slack: undefined },
  };
}

function parseTable(table: Text["tables"][number], whole: Text): RowTable | undefined {
  const bytes = fromBase64(table.signatures);
  const [rows, columns] = table.shape;
  if (bytes === undefined || table.weight >= whole.weights.length) return undefined;
  if (table.shape.length !== 2 || bytes.length !== rows! * signatureLength) return undefined;
  const signatures = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  return { weight: table.weight, shape: [rows!, columns!], signatures };
}

function parseGeometry(geometry: Text["geometries"][number], whole: Text): Geometry | undefined {
  const bytes = fromBase64(geometry.cosines);
  if (bytes === undefined || bytes.length % 2 !== 0) return undefined;
  if (geometry.weight >= whole.weights.length) return undefined;
  const stored = new Float32Array(bytes.length / 2);
  decodeElements("I16", bytes, stored);
  const cosines = stored.map((value) => value / cosineUnit);
  return { weight: geometry.weight, among: geometry.among, cosines };
}
