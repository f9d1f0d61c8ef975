/** Where a rollout takes place: files under the study's tools, or a site with a real shell. */
import type { Cell, Sight, World } from "@writ/lab";
import { lookAt } from "../site/look.ts";
import { Site } from "../site/site.ts";
import { type ToolTable, text } from "../workspace/tool-input.ts";
import { toolTable } from "../workspace/tools.ts";
import { Workspace } from "../workspace/workspace.ts";

export type Place = {
  readonly table: ToolTable;
  /** What is there now; a place with something unread cannot be scored. */
  readonly look: () => Sight & { readonly unread: readonly string[] };
  readonly remove: () => Promise<void>;
};

export type PlaceParts = {
  readonly parent: string;
  readonly world: World;
  readonly seed: string;
  readonly now: () => Date;
  readonly signal: AbortSignal;
};

/** One command of an agent's; longer ones hang. */
const commandMillisecondsMax = 120_000;
/** What a command prints is shown to the model up to here. */
const shownMax = 16_000;

export async function openPlace(cell: Cell, parts: PlaceParts): Promise<Place> {
  return cell.tools === "shell" ? sitePlace(parts) : workspacePlace(parts);
}

function workspacePlace({ parent, world, seed, now }: PlaceParts): Place {
  const workspace = new Workspace(parent, world, seed);
  return {
    table: toolTable(workspace, now),
    look: () => ({ ...workspace.look(), unread: [] }),
    remove: async () => workspace.remove(),
  };
}

async function sitePlace({ parent, world, seed, signal }: PlaceParts): Promise<Place> {
  const site = await Site.open({ parent, world, seed });
  return {
    table: {
      shell: async ({ command }) => {
        const of = { env: {}, millisecondsMax: commandMillisecondsMax, signal };
        const { code, out } = await site.run(["bash", "-c", text(command)], of);
        const shown = out.length > shownMax ? `${out.slice(0, shownMax)}\n… cut here` : out;
        return code === 0 ? shown : `${shown}\nexit code ${code ?? "none: it was ended"}`;
      },
    },
    look: () => lookAt(site.ground),
    remove: () => site.close(),
  };
}
