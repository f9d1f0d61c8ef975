/** Prints the census of one root as JSON: run where the test has arranged the mounts. */
import { lookAt, noProcesses } from "./scene.ts";

const root = process.argv[2];
if (root === undefined) throw new Error("a root is needed");
process.stdout.write(JSON.stringify(await lookAt([root], noProcesses)));
