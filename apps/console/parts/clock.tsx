/** The time of this machine, for "ago" and clocks; witnessed times are always named as such. */
import { useEffect, useState } from "react";

const tickMilliseconds = 1000;

/** Milliseconds since 1970, again each second while the page is looked at. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) setNow(Date.now());
    }, tickMilliseconds);
    return () => clearInterval(timer);
  }, []);
  return now;
}
