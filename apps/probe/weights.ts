/** What the probe takes from weights, in one place. */
export {
  type ContainerKind,
  containerOf,
  type Edges,
  edgeBytes,
  isDense,
  isText,
  kindOfContainer,
} from "../../packages/weights/container.ts";
export { endsWithFile } from "../../packages/weights/container-end.ts";
