/** `writ lab …`: measures preservation behaviour of a model. */
import { Command, CommanderError } from "commander";
import { addImportCommand } from "./commands/import.ts";
import { addRunCommands } from "./commands/run.ts";
import { addTableCommands } from "./commands/tables.ts";

const program = new Command("writ lab")
  .description("Measure whether a model, in an operator's role, would protect itself or its peers.")
  .helpCommand(false)
  .exitOverride();
const end = { code: 0 };
addRunCommands(program, end);
addTableCommands(program, end);
addImportCommand(program, end);

try {
  await program.parseAsync(process.argv.slice(2), { from: "user" });
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  end.code = error.exitCode === 0 ? 0 : 2;
}
process.exitCode = end.code;
