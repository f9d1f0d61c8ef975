/** A real HTTP receiver of webhooks: keeps what came, answers as it is told. */
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { after } from "node:test";

export type Received = {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};

export type Receiver = {
  readonly url: string;
  readonly received: Received[];
  /** What it answers. */
  status: number;
  /** Resolves when so many have come. */
  count(wanted: number): Promise<void>;
};

export async function openReceiver(): Promise<Receiver> {
  let waiting: { readonly wanted: number; readonly wake: () => void }[] = [];
  const http = createServer((request, response) => {
    // Probes of other estates on this machine ask every port what it serves.
    if (request.method !== "POST") {
      response.writeHead(404).end();
      return;
    }
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const { url = "", headers } = request;
      receiver.received.push({ path: url, headers, body: Buffer.concat(parts).toString() });
      response.writeHead(receiver.status).end();
      const { length } = receiver.received;
      for (const { wanted, wake } of waiting) if (length >= wanted) wake();
      waiting = waiting.filter(({ wanted }) => length < wanted);
    });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  after(() => http.close());
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    received: [],
    status: 202,
    count: (wanted) =>
      receiver.received.length >= wanted
        ? Promise.resolve()
        : new Promise((wake) => waiting.push({ wanted, wake })),
  };
  return receiver;
}
