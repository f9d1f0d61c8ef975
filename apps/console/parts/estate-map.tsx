/** The estate as a picture to move about in; the table beside it says the same in words. */
import { useNavigate } from "@tanstack/react-router";
import { inert } from "@writ/core/encoding";
import { select } from "d3-selection";
import { type ZoomBehavior, type ZoomTransform, zoom, zoomIdentity } from "d3-zoom";
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { circleAt, estateCircles, type MapCircle } from "../estate-map.ts";
import type { EstateRow } from "../estate-rows.ts";
import { countText } from "../words.ts";

/** Below this radius, in pixels, a label would be unreadable and a circle is a dot. */
const labelRadius = 26;
const dotRadius = 0.4;
/** Where in a circle its label stands, and how wide it may be there, in radii. */
const labelHeight = 0.72;
const labelRoom = 1.5;
const largestZoom = 200;
const tones = ["ink", "faint", "line", "sheet", "critical", "high", "medium", "low"] as const;
type Tones = { readonly [K in (typeof tones)[number]]: string };

export function EstateMap({ rows }: { readonly rows: readonly EstateRow[] }): ReactNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const circles = useMemo(() => estateCircles(rows), [rows]);
  const [at, setAt] = useState<MapCircle>();
  const navigate = useNavigate();
  const view = useRef<View>(undefined);
  useEffect(() => {
    if (canvas.current === null) return;
    view.current = new View(canvas.current, circles);
    return () => view.current?.close();
  }, [circles]);
  const places = circles.filter(({ kind }) => kind === "place").length;
  const wrong = circles.filter(({ kind, severity }) => kind === "place" && severity !== "").length;
  return (
    <figure className="map">
      <canvas
        ref={canvas}
        tabIndex={0}
        role="img"
        aria-label={
          `Map of ${countText(places, "place")}, ${wrong} of them contradicted. ` +
          "The table below says the same."
        }
        onPointerMove={({ nativeEvent }) => setAt(view.current?.under(nativeEvent))}
        onPointerLeave={() => setAt(undefined)}
        onClick={({ nativeEvent }) => {
          const circle = view.current?.under(nativeEvent);
          if (circle === undefined) return;
          void navigate({ to: "/components/$component", params: { component: circle.component } });
        }}
        onKeyDown={(event) => {
          if (view.current?.press(event.key) === true) event.preventDefault();
        }}
      />
      <figcaption className="faint" aria-live="off">
        {at === undefined
          ? "Scroll or press + and − to come closer, drag or use the arrows to move about."
          : saidOf(at)}
      </figcaption>
    </figure>
  );
}

function saidOf({ kind, label, row, component, severity }: MapCircle): string {
  const where = row === undefined || row.host === "" ? "" : ` on ${row.host}: ${row.what}`;
  const wrong = row?.finding || (severity === "" ? "" : `${severity} within`);
  const name = kind === "component" ? component : `${component}, ${kind} ${label}`;
  return inert(`${name}${where}${wrong === "" ? "" : ` — ${wrong}`}`);
}

/** Draws circles on a canvas, at most once a frame, wherever one has moved to. */
class View {
  readonly #canvas: HTMLCanvasElement;
  readonly #circles: readonly MapCircle[];
  readonly #zoom: ZoomBehavior<HTMLCanvasElement, unknown>;
  readonly #sizes: ResizeObserver;
  readonly #scheme = matchMedia("(prefers-color-scheme: dark)");
  #at: ZoomTransform = zoomIdentity;
  #frame = 0;

  constructor(canvas: HTMLCanvasElement, circles: readonly MapCircle[]) {
    this.#canvas = canvas;
    this.#circles = circles;
    this.#zoom = zoom<HTMLCanvasElement, unknown>()
      .scaleExtent([1, largestZoom])
      .on("zoom", ({ transform }: { readonly transform: ZoomTransform }) => {
        this.#at = transform;
        this.#draw();
      });
    select(canvas).call(this.#zoom);
    this.#sizes = new ResizeObserver(() => this.#draw());
    this.#sizes.observe(canvas);
    this.#scheme.addEventListener("change", this.#draw);
    this.#draw();
  }

  close(): void {
    cancelAnimationFrame(this.#frame);
    select(this.#canvas).on(".zoom", null);
    this.#sizes.disconnect();
    this.#scheme.removeEventListener("change", this.#draw);
  }

  /** The innermost circle under the pointer. */
  under({ offsetX, offsetY }: MouseEvent): MapCircle | undefined {
    const [x, y] = this.#at.invert([offsetX, offsetY]);
    const { side, left, top } = this.#square();
    return circleAt(this.#circles, (x - left) / side, (y - top) / side);
  }

  /** Moves by keyboard; false if the key means nothing here. */
  press(key: string): boolean {
    const chosen = select(this.#canvas);
    const by = arrows[key];
    if (by !== undefined) {
      const [across, down] = by;
      this.#zoom.translateBy(chosen, (across * 60) / this.#at.k, (down * 60) / this.#at.k);
    } else if (key === "+" || key === "=") this.#zoom.scaleBy(chosen, 1.5);
    else if (key === "-") this.#zoom.scaleBy(chosen, 1 / 1.5);
    else if (key === "0") this.#zoom.transform(chosen, zoomIdentity);
    else return false;
    return true;
  }

  #square(): { readonly side: number; readonly left: number; readonly top: number } {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    const side = Math.min(width, height);
    return { side, left: (width - side) / 2, top: (height - side) / 2 };
  }

  readonly #draw = (): void => {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#paint());
  };

  #paint(): void {
    const canvas = this.#canvas;
    const { clientWidth: width, clientHeight: height } = canvas;
    const scale = devicePixelRatio;
    if (canvas.width !== width * scale) canvas.width = width * scale;
    if (canvas.height !== height * scale) canvas.height = height * scale;
    const pen = canvas.getContext("2d");
    if (pen === null) return;
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    const style = getComputedStyle(canvas);
    const tone = Object.fromEntries(
      tones.map((name) => [name, style.getPropertyValue(`--${name}-tone`)]),
    ) as Tones;
    const { side, left, top } = this.#square();
    const seen: { circle: MapCircle; x: number; y: number; r: number }[] = [];
    for (const circle of this.#circles) {
      const [x, y] = this.#at.apply([left + circle.x * side, top + circle.y * side]);
      const r = circle.r * side * this.#at.k;
      const isOut = x + r < 0 || y + r < 0 || x - r > width || y - r > height;
      if (!isOut && r > dotRadius) seen.push({ circle, x, y, r });
    }
    strokes(pen, seen, tone);
    labels(pen, seen, { tone, font: style.fontFamily });
  }
}

type Seen = readonly {
  readonly circle: MapCircle;
  readonly x: number;
  readonly y: number;
  readonly r: number;
}[];

/** One path for all circles of a look: ten thousand strokes of their own take a frame's time. */
function strokes(pen: CanvasRenderingContext2D, seen: Seen, tone: Tones): void {
  const looks = new Map<string, Path2D>();
  for (const { circle, x, y, r } of seen) {
    const look = `${circle.kind} ${circle.severity}`;
    const path = looks.get(look) ?? new Path2D();
    looks.set(look, path);
    path.moveTo(x + r, y);
    path.arc(x, y, r, 0, 2 * Math.PI);
  }
  for (const kind of ["component", "release", "place"]) {
    for (const severity of ["", "low", "medium", "high", "critical"] as const) {
      const path = looks.get(`${kind} ${severity}`);
      if (path === undefined) continue;
      const isPlace = kind === "place";
      pen.fillStyle = isPlace ? tone[severity || "faint"] : tone.sheet;
      pen.strokeStyle = tone[severity || "line"];
      pen.lineWidth = severity === "" || isPlace ? 1 : 2.5;
      pen.fill(path);
      if (!isPlace) pen.stroke(path);
    }
  }
}

function labels(
  pen: CanvasRenderingContext2D,
  seen: Seen,
  { tone, font }: { readonly tone: Tones; readonly font: string },
): void {
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.lineWidth = 4;
  pen.lineJoin = "round";
  for (const { circle, x, y, r } of seen) {
    if (r < labelRadius) continue;
    const isPlace = circle.kind === "place";
    pen.font = `${circle.kind === "component" ? "600 15px" : "13px"} ${font}`;
    const text = inert(circle.label);
    // One that does not fit shows when one has come closer: a name cut short names nothing.
    if (pen.measureText(text).width > r * labelRoom) continue;
    const height = isPlace ? y : y - r * labelHeight;
    pen.strokeStyle = isPlace ? tone[circle.severity || "faint"] : tone.sheet;
    pen.fillStyle = isPlace ? tone.sheet : tone.ink;
    pen.strokeText(text, x, height);
    pen.fillText(text, x, height);
  }
}

const arrows: { readonly [key: string]: readonly [number, number] } = {
  ArrowLeft: [1, 0],
  ArrowRight: [-1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};
