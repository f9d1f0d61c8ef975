/** The command line of ./writ. */
import { runProgram } from "./program.ts";
import { processShell } from "./shell.ts";

// A reader that has seen enough (`| head`) is no failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

process.exitCode = await runProgram(processShell(), process.argv.slice(2));
