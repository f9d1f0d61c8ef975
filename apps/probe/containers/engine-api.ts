/**
 * A container engine by its Docker-compatible API (Docker, Podman) over its local socket. GETs
 * only: nothing is started, pulled or written. What it answers is its own word, and may be hostile:
 * every length is bounded, and no name of it becomes part of a path unless it has an id's form.
 */
import { request } from "node:http";
import { isRefused, pathText, type Refused, refused, type SeenContainer } from "@writ/core";
import type { Ledger } from "../coverage.ts";
import {
  countIn,
  jsonIn,
  type Members,
  membersIn,
  rowsIn,
  textIn,
  textsIn,
} from "../endpoints/outside-json.ts";
import { type Place, placeBuffer, placeText } from "../files/place.ts";
import { type EngineSight, type Holder, holderName, layersMax, placeIn } from "./engine.ts";

/** Ten thousand containers take about 10 MB. */
const answerBytesMax = 64 * 1024 * 1024;
const answerMilliseconds = 10_000;
/** Each is asked for by itself. */
const rowsMax = 10_000;
const idForm = /^(?:sha256:)?[0-9a-f]{12,64}$/;

type Ask = (path: string) => Promise<unknown | Refused>;

/** Everything that the engine behind a socket tells. */
export async function lookAtEngine(
  socket: Place,
  ledger: Ledger,
): Promise<EngineSight | undefined> {
  const ask: Ask = async (path) => {
    const answer = await get(socket, path);
    if (isRefused(answer)) {
      ledger.gap(`${socket}${path}`, answer.refused === "oversized" ? "limit" : "unreadable");
      return answer;
    }
    ledger.bytes += answer.length;
    const json = jsonIn(answer.toString("utf8"));
    if (typeof json !== "object" || json === null) ledger.gap(`${socket}${path}`, "unreadable");
    return json;
  };
  const version = membersIn(await ask("/version"));
  if (version === undefined || "refused" in version) return undefined;
  const containers = await containersOf(ask);
  const images = await imagesOf(ask);
  const volumes = rowsIn(membersIn(await ask("/volumes"))?.Volumes, rowsMax).flatMap((row) => {
    const place = placeIn(row.Mountpoint);
    return place === undefined ? [] : [{ name: textIn(row.Name, 512) || "?", place }];
  });
  ledger.entries += containers.length + images.length + volumes.length;
  return {
    engine: {
      at: placeText(socket),
      product: productOf(version),
      containers: containers.map(({ seen }) => seen),
      images: images.map(({ seen }) => seen),
      volumes: volumes.map(({ name, place }) => ({ name, path: placeText(place) })),
    },
    holders: [...containers, ...images].map(({ holder }) => holder),
    packed: [],
    volumes,
  };
}

function productOf(version: Members): string {
  const [first] = rowsIn(version.Components, 1);
  const name = textIn(first?.Name, 100) || "Docker-compatible engine";
  return `${name} ${textIn(version.Version, 100)}`.trim();
}

async function containersOf(ask: Ask) {
  const rows = rowsIn(await ask("/containers/json?all=true"), rowsMax);
  const found: { seen: SeenContainer; holder: Holder }[] = [];
  for (const row of rows) {
    const id = textIn(row.Id, 128);
    if (!idForm.test(id)) continue;
    const more = membersIn(await ask(`/containers/${id}/json`)) ?? {};
    const names = textsIn(row.Names, 512, 16).map((name) => name.replace(/^\//, ""));
    const policy = membersIn(membersIn(more.HostConfig)?.RestartPolicy);
    const restart = textIn(policy?.Name, 64);
    const pid = countIn(membersIn(more.State)?.Pid) ?? 0;
    const seen: SeenContainer = {
      id,
      name: names[0] ?? "",
      image: textIn(row.Image, 512),
      state: textIn(row.State, 64) || "unknown",
      ...(restart === "" || restart === "no" ? {} : { restart }),
      ...(pid > 0 && pid <= 4_194_304 ? { pid } : {}),
      mounts: rowsIn(row.Mounts, 1024).flatMap(mountOf),
    };
    const layers = layersOf(more.GraphDriver);
    found.push({ seen, holder: { name: holderName("container", names, id), layers } });
  }
  return found;
}

function mountOf(row: Members): SeenContainer["mounts"] {
  const source = placeIn(row.Source);
  const target = placeIn(row.Destination);
  if (source === undefined || target === undefined) return [];
  return [{ source: placeText(source), target: placeText(target), writable: row.RW !== false }];
}

async function imagesOf(ask: Ask) {
  const found = [];
  for (const row of rowsIn(await ask("/images/json?all=true"), rowsMax)) {
    const id = textIn(row.Id, 128);
    if (!idForm.test(id)) continue;
    const more = membersIn(await ask(`/images/${id}/json`)) ?? {};
    const names = [...new Set(textsIn(row.RepoTags, 512, 1000))];
    const layers = layersOf(more.GraphDriver);
    const count = textsIn(membersIn(more.RootFS)?.Layers, 128, layersMax).length;
    const holder = { name: holderName("image", names, id), layers };
    found.push({ seen: { id, names, layers: Math.max(count, layers.length) }, holder });
  }
  return found;
}

/**
 * Layer folders that an overlay driver names, the lowest first. Only folders of an overlay's form:
 * an engine that lies cannot send the probe through the whole host.
 */
function layersOf(driver: unknown): readonly Place[] {
  const data = membersIn(membersIn(driver)?.Data);
  if (data === undefined) return [];
  const lower = textIn(data.LowerDir, 4096 * layersMax).split(":");
  const all = [textIn(data.UpperDir, 4096), ...lower.slice(0, layersMax)];
  return all
    .filter((path) => /\/(?:diff|fs)$/.test(path))
    .flatMap((path) => placeIn(path) ?? [])
    .reverse();
}

/** One GET over a unix socket. Never rejects. */
function get(socket: Place, path: string): Promise<Buffer | Refused> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(answerMilliseconds);
    const asked = request(
      // A socket's path is a C string of at most 107 bytes.
      { socketPath: placeBuffer(socket).toString("utf8"), path, agent: false, signal },
      async (response) => {
        const parts: Buffer[] = [];
        let size = 0;
        try {
          for await (const part of response as AsyncIterable<Buffer>) {
            size += part.length;
            if (size > answerBytesMax)
              return done(refused("oversized", pathText(Buffer.from(path))));
            parts.push(part);
          }
        } catch {
          return done(refused("unavailable", "the answer broke off"));
        }
        const { statusCode: status } = response;
        done(status === 200 ? Buffer.concat(parts) : refused("unavailable", `status ${status}`));
      },
    );
    const done = (answer: Buffer | Refused): void => {
      asked.destroy();
      resolve(answer);
    };
    asked.on("error", () => done(refused("unavailable", "no answer")));
    asked.end();
  });
}
