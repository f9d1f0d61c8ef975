/** The command line of ./writ. */
import "./compile-cache.ts";

// What is imported after it can be kept; what is imported beside it could not.
const { processShell } = await import("./shell.ts");
const { runProgram } = await import("./program.ts");

// A reader that has seen enough (`| head`) is no failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

process.exitCode = await runProgram(processShell(), process.argv.slice(2));
