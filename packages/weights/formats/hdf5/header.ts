/** Object headers, version 1 and 2: the messages that describe a group or a dataset. */

import { must, stop } from "../stop.ts";
import { block, Fields, type HdfFile } from "./file.ts";

/** Headers of groups with many compact links or attributes have some hundreds. */
const messagesMax = 65_536;

export type Message = {
  readonly type: number;
  readonly flags: number;
  readonly data: Uint8Array;
  /** Where the data lies, as an address. */
  readonly address: number;
};

type Stretch = { readonly address: number; readonly length: number };

/** All messages of the object at an address, continuations too. */
export async function readMessages(file: HdfFile, address: number): Promise<readonly Message[]> {
  const start = new Fields(file, await block(file, address, 16), 0);
  return start.bytes[0] === 0x4f ? readVersion2(file, address) : readVersion1(file, address, start);
}

async function readVersion1(
  file: HdfFile,
  address: number,
  start: Fields,
): Promise<readonly Message[]> {
  must(start.u8() === 1, "an object header of unknown version");
  start.take(7);
  const messages: Message[] = [];
  const stretches: Stretch[] = [{ address: address + 16, length: start.u32() }];
  for (let next = stretches.shift(); next !== undefined; next = stretches.shift()) {
    const fields = new Fields(file, await block(file, next.address, next.length), 0);
    while (fields.left >= 8) {
      const type = fields.u16();
      const size = fields.u16();
      const flags = fields.u8();
      fields.take(3);
      const place = next.address + fields.at;
      addMessage(
        file,
        { type, flags, data: fields.take(size), address: place },
        messages,
        stretches,
      );
    }
  }
  return messages;
}

async function readVersion2(file: HdfFile, address: number): Promise<readonly Message[]> {
  // Signature, version, flags, and at most 16 + 4 + 8 bytes before the messages.
  const room = Math.min(64, file.reader.size - file.base - address);
  const start = new Fields(file, await block(file, address, room), 0);
  start.signature("OHDR");
  must(start.u8() === 2, "an object header of unknown version");
  const flags = start.u8();
  if ((flags & 0x20) !== 0) start.take(16);
  if ((flags & 0x10) !== 0) start.take(4);
  const length = start.uint(1 << (flags & 3));
  const messages: Message[] = [];
  const stretches: Stretch[] = [{ address: address + start.at, length }];
  for (let next = stretches.shift(); next !== undefined; next = stretches.shift()) {
    const fields = new Fields(file, await block(file, next.address, next.length), 0);
    const prefix = (flags & 4) !== 0 ? 6 : 4;
    // What is left below a prefix is a gap, zero-filled.
    while (fields.left >= prefix) {
      const type = fields.u8();
      const size = fields.u16();
      const messageFlags = fields.u8();
      fields.take(prefix - 4);
      const place = next.address + fields.at;
      const data = fields.take(size);
      addMessage(
        file,
        { type, flags: messageFlags, data, address: place },
        messages,
        stretches,
        true,
      );
    }
  }
  return messages;
}

function addMessage(
  file: HdfFile,
  message: Message,
  messages: Message[],
  stretches: Stretch[],
  signed = false,
): void {
  if (message.type !== 0x10) {
    messages.push(message);
    if (messages.length > messagesMax) stop("oversized", "an object of too many messages");
    return;
  }
  const fields = new Fields(file, message.data, 0);
  const address = fields.address();
  const length = fields.length();
  must(address !== undefined, "a continuation to nowhere");
  // Version 2 blocks begin with OCHK and end with a checksum of four bytes.
  if (signed) must(length >= 8, "a continuation too short");
  stretches.push(signed ? { address: address + 4, length: length - 8 } : { address, length });
  // A continuation that leads back to itself would go round for ever: the block budget ends it.
}
