/** Passes connections at a port of this network namespace on to a Unix socket. A program. */
import { connect, createServer } from "node:net";

const [socket = "", port = ""] = process.argv.slice(2);
const server = createServer((near) => {
  const far = connect(socket);
  near.pipe(far).pipe(near);
  near.on("error", () => far.destroy());
  far.on("error", () => near.destroy());
});
// A lab that was killed leaves nothing behind: its end of the pipe closes with it.
process.stdin.resume().on("end", () => process.exit());
server.listen(Number(port), "127.0.0.1", () => process.stdout.write("ready\n"));
