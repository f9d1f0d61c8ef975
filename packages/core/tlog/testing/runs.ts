/** How long properties hunt: briefly in each check, long with SLOW=1. */
export const runs = { numRuns: process.env.SLOW === undefined ? 10 : 1000 };
