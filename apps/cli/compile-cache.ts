/**
 * Loaded before anything else by ./writ and by the apps that it starts: their code is stripped and
 * compiled once, not at each start. Kept beside the dependencies, not in the machine's temporary
 * folder: there another user could have put code for us. No environment variable says it, since
 * those are handed on, and what governed services run must not write here.
 */
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

enableCompileCache(fileURLToPath(new URL("../../node_modules/.cache/writ", import.meta.url)));
