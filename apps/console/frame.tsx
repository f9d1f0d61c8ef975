/** What stands around every page: where one is, what was verified, how to go elsewhere. */
import { Link, Outlet } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import { CaughtBanner, LineNotice, StandingLine } from "./parts/standing-line.tsx";

const CommandPalette = lazy(async () => ({
  default: (await import("./parts/command-palette.tsx")).CommandPalette,
}));

const places = [
  ["/", "Now"],
  ["/findings", "Findings"],
  ["/writs", "Writs"],
  ["/estate", "Estate"],
  ["/journal", "Journal"],
  ["/trust", "Trust"],
] as const;

export function Frame(): ReactNode {
  const [isOpen, setIsOpen] = useState(false);
  const [isWanted, setIsWanted] = useState(false);
  // The palette's code comes once the page is there: the first look does not wait for it.
  useEffect(() => {
    const timer = setTimeout(() => setIsWanted(true), 1500);
    return () => clearTimeout(timer);
  }, []);
  return (
    <>
      <a className="skip" href="#page">
        Skip to the page
      </a>
      <header className="top">
        <Link to="/" className="brand">
          <img src="/seal.svg" alt="" width="24" height="24" /> Writ
        </Link>
        <nav aria-label="Pages">
          {places.map(([path, name]) => (
            <Link
              key={path}
              to={path}
              activeOptions={{ exact: path === "/" }}
              activeProps={{ "aria-current": "page" }}
            >
              {name}
            </Link>
          ))}
        </nav>
        <button
          type="button"
          className="search"
          onClick={() => {
            setIsWanted(true);
            setIsOpen(true);
          }}
        >
          Search <kbd>/</kbd>
        </button>
      </header>
      <CaughtBanner />
      <LineNotice />
      <main id="page" tabIndex={-1}>
        <Outlet />
      </main>
      <footer className="foot">
        <StandingLine />
        <p className="faint">
          This page holds no key. What it could not check, it shows as the server said it.
        </p>
      </footer>
      <Suspense fallback={null}>
        {isWanted ? <CommandPalette isOpen={isOpen} onOpenChange={setIsOpen} /> : null}
      </Suspense>
    </>
  );
}
