/** Writes a ZIP archive (APPNOTE 6.3.3), one deflated member after another; keeps none of them. */
import { closeSync, openSync, writeSync } from "node:fs";
import { crc32, deflateRawSync } from "node:zlib";

/** More members need ZIP64, which not every reader has. */
export const zipMembersMax = 65_535;
const bytesMax = 0xff_ff_ff_ff;
/** 1980-01-01, so that the same members are the same bytes. */
const dosDate = 0x21;
const deflated = 8;
const unicodeNames = 0x0800;

export class ZipFile {
  readonly #file: number;
  readonly #directory: Buffer[] = [];
  #at = 0;

  constructor(path: string) {
    this.#file = openSync(path, "w", 0o600);
  }

  /** Adds one member. Throws where the archive would need ZIP64. */
  add(name: string, text: string): void {
    const [raw, path] = [Buffer.from(text), Buffer.from(name)];
    const packed = deflateRawSync(raw);
    const next = this.#at + 30 + path.length + packed.length;
    if (this.#directory.length >= zipMembersMax || next > bytesMax) {
      throw new Error("too much for one archive");
    }
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(unicodeNames, 2);
    fields.writeUInt16LE(deflated, 4);
    fields.writeUInt16LE(dosDate, 8);
    fields.writeUInt32LE(crc32(raw), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(raw.length, 18);
    fields.writeUInt16LE(path.length, 22);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(this.#at, 10);
    const madeBy = Buffer.from([20, 0]);
    this.#directory.push(Buffer.concat([Buffer.from("PK\x01\x02"), madeBy, fields, rest, path]));
    this.#write(Buffer.from("PK\x03\x04"), fields, path, packed);
  }

  close(): void {
    const began = this.#at;
    this.#write(...this.#directory);
    const end = Buffer.alloc(18);
    end.writeUInt16LE(this.#directory.length, 4);
    end.writeUInt16LE(this.#directory.length, 6);
    end.writeUInt32LE(this.#at - began, 8);
    end.writeUInt32LE(began, 12);
    this.#write(Buffer.from("PK\x05\x06"), end);
    closeSync(this.#file);
  }

  #write(...parts: readonly Buffer[]): void {
    const bytes = Buffer.concat(parts);
    let done = 0;
    while (done < bytes.length) done += writeSync(this.#file, bytes, done);
    this.#at += bytes.length;
  }
}
