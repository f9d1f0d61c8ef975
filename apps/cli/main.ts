/** The command line of ./writ. */
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";
import { processShell } from "./shell.ts";

// Stripped and compiled once, not at each command. Beside the dependencies, not in the machine's
// temporary folder: there another user could have put code for us.
enableCompileCache(fileURLToPath(new URL("../../node_modules/.cache/writ", import.meta.url)));
const { runProgram } = await import("./program.ts");

// A reader that has seen enough (`| head`) is no failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

process.exitCode = await runProgram(processShell(), process.argv.slice(2));
