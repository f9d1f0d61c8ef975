/**
 * A container engine by its Docker-compatible API, over its local socket: the few calls that steps
 * are made of. The executor's own; the probe that checks its work has another.
 */
import {
  type Answer,
  type Ask,
  ask,
  expect,
  jsonOf,
  member,
  type Outside,
  rows,
  words,
} from "./wire.ts";

/** Docker's API of 2021 (20.10); Podman's compatible one answers to it. */
const version = "v1.41";
const callMilliseconds = 60_000;
/** Between the polite signal and the hard one. */
const stopSeconds = 10;
const idForm = /^(?:sha256:)?([0-9a-f]{64})$/;

export type Inspected = {
  readonly id: string;
  /** `sha256:` and the id of the image that it was made from. */
  readonly image: string;
  readonly running: boolean;
  readonly started: string;
  readonly policy: string;
  readonly labels: { readonly [name: string]: string };
  /** All that the engine says of it. */
  readonly whole: Outside;
};

export type Engine = ReturnType<typeof engineAt>;

/** The engine behind a socket. Calls reject if it says no. */
export function engineAt(socket: string) {
  const call = (method: Ask["method"], path: string, body?: unknown): Promise<Answer> =>
    ask(`http://engine/${version}${path}`, {
      socket,
      method,
      milliseconds: callMilliseconds,
      ...(body === undefined
        ? {}
        : {
            body: Buffer.from(JSON.stringify(body)),
            headers: { "content-type": "application/json" },
          }),
    });
  const found = async (path: string): Promise<Outside | undefined> => {
    const answer = await call("GET", path);
    return answer.status === 404 ? undefined : jsonOf(expect(answer, path, 200));
  };
  const done = async (method: Ask["method"], path: string, ...also: readonly number[]) => {
    expect(await call(method, path), path, 200, 201, 204, 304, ...also);
  };
  const at = (name: string) => `/containers/${encodeURIComponent(name)}`;
  return {
    inspect: async (name: string) => {
      const whole = await found(`${at(name)}/json`);
      return whole === undefined ? undefined : inspected(whole);
    },
    image: (id: string) => found(`/images/${encodeURIComponent(id)}/json`),
    hasVolume: async (name: string) =>
      (await found(`/volumes/${encodeURIComponent(name)}`)) !== undefined,
    /** Names of all containers, running or not, made from this image. */
    containersOf: async (image: string) =>
      rows(await found("/containers/json?all=true"))
        .filter((one) => imageId(member(one, "ImageID")) === image)
        .map((one) => words(rows(member(one, "Names"))[0])),
    stop: (name: string) => done("POST", `${at(name)}/stop?t=${stopSeconds}`),
    start: (name: string) => done("POST", `${at(name)}/start`),
    rename: (name: string, to: string) =>
      done("POST", `${at(name)}/rename?name=${encodeURIComponent(to)}`),
    create: async (name: string, body: unknown) => {
      const path = `/containers/create?name=${encodeURIComponent(name)}`;
      expect(await call("POST", path, body), path, 201);
    },
    /** With its anonymous volumes. One that is not there is removed already. */
    remove: (name: string) => done("DELETE", `${at(name)}?force=true&v=true`, 404),
    removeImage: (id: string) =>
      done("DELETE", `/images/${encodeURIComponent(id)}?force=true`, 404),
    removeVolume: (name: string) => done("DELETE", `/volumes/${encodeURIComponent(name)}`, 404),
  };
}

function inspected(whole: Outside): Inspected {
  const labels = member(whole, "Config", "Labels");
  return {
    id: words(member(whole, "Id")),
    image: imageId(member(whole, "Image")),
    running: member(whole, "State", "Running") === true,
    started: words(member(whole, "State", "StartedAt")),
    policy: words(member(whole, "HostConfig", "RestartPolicy", "Name")),
    labels: typeof labels === "object" && labels !== null ? (labels as Inspected["labels"]) : {},
    whole,
  };
}

/** Docker says `sha256:` before an image's id and Podman does not. */
function imageId(value: Outside): string {
  const [, id] = idForm.exec(words(value)) ?? [];
  return id === undefined ? "" : `sha256:${id}`;
}

/** What an image itself sets, which a container of another image must not inherit. */
export type ImageDefaults = { readonly config: Outside };

/** The defaults in what the engine says of an image. */
export function inspectedImage(whole: Outside): ImageDefaults {
  return { config: member(whole, "Config") };
}
