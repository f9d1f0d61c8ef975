/** What the probe takes from weights, in one place. */
export {
  type ContainerKind,
  containerOf,
  type Edges,
  edgeBytes,
  endsWithFile,
  isDense,
  isText,
  kindOfContainer,
} from "@writ/weights/container";
