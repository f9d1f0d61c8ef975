/** Each page has an address that can be shared. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  type ErrorComponentProps,
  Link,
} from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Frame } from "./frame.tsx";
import { EntryPage } from "./pages/entry.tsx";
import { EstatePage } from "./pages/estate.tsx";
import { FindingsPage } from "./pages/findings.tsx";
import { JournalPage } from "./pages/journal.tsx";
import { NowPage } from "./pages/now.tsx";
import { TrustPage } from "./pages/trust.tsx";
import { WritPage } from "./pages/writ.tsx";
import { WritsPage } from "./pages/writs.tsx";

const root = createRootRoute({
  component: Frame,
  notFoundComponent: NoSuchPage,
  errorComponent: Broken,
});
const at = (path: string, component: () => ReactNode) =>
  createRoute({ getParentRoute: () => root, path, component });

const tree = root.addChildren([
  at("/", NowPage),
  at("/findings", FindingsPage),
  at("/writs", WritsPage),
  at("/writs/$digest", WritPage),
  at("/estate", EstatePage),
  at("/journal", JournalPage),
  at("/journal/$index", EntryPage),
  at("/trust", TrustPage),
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
