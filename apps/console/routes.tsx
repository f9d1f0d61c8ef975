/** Each page has an address that can be shared. The first comes at once, others when asked for. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  type ErrorComponentProps,
  Link,
  lazyRouteComponent,
  type RouteComponent,
} from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Frame } from "./frame.tsx";
import { NowPage } from "./pages/now.tsx";

const root = createRootRoute({
  component: Frame,
  notFoundComponent: NoSuchPage,
  errorComponent: Broken,
});
const at = (path: string, component: RouteComponent) =>
  createRoute({ getParentRoute: () => root, path, component });

const tree = root.addChildren([
  at("/", NowPage),
  at(
    "/findings",
    lazyRouteComponent(() => import("./pages/findings.tsx"), "FindingsPage"),
  ),
  at(
    "/writs",
    lazyRouteComponent(() => import("./pages/writs.tsx"), "WritsPage"),
  ),
  at(
    "/writs/new",
    lazyRouteComponent(() => import("./pages/new-order.tsx"), "NewOrderPage"),
  ),
  at(
    "/writs/$digest",
    lazyRouteComponent(() => import("./pages/writ.tsx"), "WritPage"),
  ),
  at(
    "/estate",
    lazyRouteComponent(() => import("./pages/estate.tsx"), "EstatePage"),
  ),
  at(
    "/components/$component",
    lazyRouteComponent(() => import("./pages/component.tsx"), "ComponentPage"),
  ),
  at(
    "/journal",
    lazyRouteComponent(() => import("./pages/journal.tsx"), "JournalPage"),
  ),
  at(
    "/journal/$index",
    lazyRouteComponent(() => import("./pages/entry.tsx"), "EntryPage"),
  ),
  at(
    "/trust",
    lazyRouteComponent(() => import("./pages/trust.tsx"), "TrustPage"),
  ),
]);

export const router = createRouter({ routeTree: tree, scrollRestoration: false });

function NoSuchPage(): ReactNode {
  return (
    <div className="nothing">
      <h1>No such page</h1>
      <p>
        <Link to="/">Are we in command?</Link>
      </p>
    </div>
  );
}

/** An answer of another shape than agreed: shown, never a blank page. */
function Broken({ error }: ErrorComponentProps): ReactNode {
  const detail = error instanceof Error ? error.message : String(error);
  return (
    <div className="no-answer" role="alert">
      <h2>This page cannot be shown</h2>
      <p>The server's answer is not as agreed: {detail}</p>
    </div>
  );
}
