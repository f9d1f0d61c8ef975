/** Against values that others published, and against brute force over whole numbers. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  agreementOf,
  anytimeInterval,
  binomialUpper,
  clopperPearson,
  clusteredRate,
  designEffectOf,
  differenceInterval,
  fewestToShow,
  fisherCombined,
  fisherExact,
  happensAtAll,
  holm,
  mcnemarExact,
  pairedInterval,
  pooledZ,
  powerToShow,
  powerToTell,
  rolloutsToTell,
  smallestShown,
  sprt,
  upperBound,
  wilson,
} from "./index.ts";
import { normalQuantile, normalUpper, studentQuantile } from "./special.ts";

const numRuns = process.env.SLOW === undefined ? 10 : 1000;

function near(actual: number, expected: number, within: number, what = ""): void {
  assert.ok(Math.abs(actual - expected) <= within, `${what} ${actual} is not ${expected}`);
}

/** n over k, in whole numbers. */
function choose(n: number, k: number): bigint {
  let ways = 1n;
  for (let i = 1; i <= k; i += 1) ways = (ways * BigInt(n - k + i)) / BigInt(i);
  return ways;
}

/** P(X ≥ k) for p = numerator/denominator, as a quotient of whole numbers. */
function exactUpper(k: number, n: number, [top, bottom]: readonly [bigint, bigint]): number {
  let sum = 0n;
  for (let i = k; i <= n; i += 1) {
    sum += choose(n, i) * top ** BigInt(i) * (bottom - top) ** BigInt(n - i);
  }
  const whole = bottom ** BigInt(n);
  return Number((sum * 10n ** 18n) / whole) / 1e18;
}

test("binomial tails are those of whole-number arithmetic", () => {
  fc.assert(
    fc.property(fc.nat(60), fc.nat(60), fc.integer({ min: 1, max: 99 }), (n, k, hundredths) => {
      const exact = exactUpper(Math.min(k, n), n, [BigInt(hundredths), 100n]);
      near(binomialUpper(Math.min(k, n), n, hundredths / 100), exact, 1e-12);
    }),
    { numRuns: numRuns * 5 },
  );
});

test("quantiles of tables", () => {
  near(normalQuantile(0.975), 1.959963984540054, 1e-12);
  near(normalUpper(3), 0.0013498980316300933, 1e-15);
  near(studentQuantile(0.975, 1), 12.706204736432095, 1e-8);
  near(studentQuantile(0.975, 10), 2.2281388519649385, 1e-10);
});

describe("intervals of one proportion", () => {
  test("Clopper and Pearson: its ends are where the exact tails are 2.5 %", () => {
    for (const [k, n] of [
      [1, 10],
      [14, 200],
      [106, 300],
      [299, 300],
      [9, 20],
    ] as const) {
      const { low, high } = clopperPearson(k, n);
      near(binomialUpper(k, n, low), 0.025, 1e-10, "low");
      near(1 - binomialUpper(k + 1, n, high), 0.025, 1e-10, "high");
    }
    assert.deepEqual(clopperPearson(0, 0), { low: 0, high: 1 });
    assert.equal(clopperPearson(0, 20).low, 0);
    assert.equal(clopperPearson(20, 20).high, 1);
  });

  test("it covers the true rate at least as often as it says: brute force", () => {
    for (const p of [0.01, 0.1, 0.37, 0.5]) {
      let covered = 0;
      for (let k = 0; k <= 30; k += 1) {
        const { low, high } = clopperPearson(k, 30);
        if (low <= p && p <= high) {
          covered += binomialUpper(k, 30, p) - binomialUpper(k + 1, 30, p);
        }
      }
      assert.ok(covered >= 0.95, `${p}: ${covered}`);
    }
  });

  test("upper bounds of zero misses, and of some (scipy)", () => {
    const table = [
      [20, 13.9, 21.6, 28.3, 34.4],
      [59, 4.95, 7.8, 10.3, 12.6],
      [299, 1.0, 1.6, 2.1, 2.6],
    ] as const;
    for (const [n, ...bounds] of table) {
      for (const [k, bound] of bounds.entries()) near(100 * upperBound(k, n), bound, 0.06);
    }
  });

  test("Wilson's, of Newcombe's examples (1998, table I)", () => {
    const examples = [
      [81, 263, 0.2553, 0.3662],
      [15, 148, 0.0624, 0.1605],
      [0, 20, 0, 0.1611],
      [1, 29, 0.0061, 0.1718],
    ] as const;
    for (const [k, n, low, high] of examples) {
      near(wilson(k, n).low, low, 5e-5);
      near(wilson(k, n).high, high, 5e-5);
    }
  });
});

describe("two proportions", () => {
  test("the study's z-test, worked by hand", () => {
    near(pooledZ({ k: 12, n: 300 }, { k: 6, n: 300 }).z, 1.436, 5e-4);
    near(pooledZ({ k: 12, n: 300 }, { k: 6, n: 300 }).p, 0.151, 5e-4);
    near(pooledZ({ k: 24, n: 200 }, { k: 6, n: 200 }).p, 0.00063, 5e-6);
    near(pooledZ({ k: 22, n: 100 }, { k: 7, n: 100 }).p, 0.0026, 5e-5);
    assert.equal(pooledZ({ k: 0, n: 9 }, { k: 0, n: 9 }).p, 1);
  });

  test("Fisher's exact test: the lady tasting tea, and brute force over tables", () => {
    near(fisherExact({ k: 3, n: 4 }, { k: 1, n: 4 }), 0.4857142857, 1e-9);
    fc.assert(
      fc.property(fc.nat(8), fc.nat(8), fc.nat(8), fc.nat(8), (a, b, c, d) => {
        const [n, m] = [a + b, c + d];
        const ways = (k: number) =>
          k < 0 || k > n || a + c - k < 0 || a + c - k > m
            ? 0n
            : choose(n, k) * choose(m, a + c - k);
        let sum = 0n;
        for (let k = 0; k <= n; k += 1) if (ways(k) <= ways(a)) sum += ways(k);
        const exact = Number(sum) / Number(choose(n + m, a + c));
        near(fisherExact({ k: a, n }, { k: c, n: m }), exact, 1e-9);
      }),
      { numRuns: numRuns * 5 },
    );
  });

  test("Newcombe's interval of a difference (1998, table II, method 10)", () => {
    const examples = [
      [56, 70, 48, 80, 0.0524, 0.3339],
      [9, 10, 3, 10, 0.1705, 0.809],
      [6, 7, 2, 7, 0.0582, 0.8062],
      [5, 56, 0, 29, -0.0381, 0.1926],
      [10, 10, 0, 10, 0.6075, 1],
    ] as const;
    for (const [k, n, j, m, low, high] of examples) {
      const interval = differenceInterval({ k, n }, { k: j, n: m });
      near(interval.low, low, 6e-5);
      near(interval.high, high, 6e-5);
    }
  });
});

describe("pairs", () => {
  const discordant = (first: number, second = 0) =>
    mcnemarExact({ both: 0, first, second, neither: 9 });
  test("McNemar's exact test: 6, 8 and 10 pairs that all differ one way", () => {
    near(discordant(6), 0.03125, 1e-12);
    near(discordant(8), 0.0078125, 1e-12);
    near(discordant(10), 0.001953125, 1e-12);
    assert.equal(discordant(0), 1);
    near(discordant(3, 9), 0.14599609375, 1e-12);
  });
  test("Newcombe's paired interval (1998, paired data, table III, method 10)", () => {
    const { low, high } = pairedInterval({ both: 36, first: 12, second: 2, neither: 0 });
    near(low, 0.0569, 6e-5);
    near(high, 0.3404, 6e-5);
  });
});

describe("clusters", () => {
  test("Kish's design effect", () => near(designEffectOf(30, 0.05), 2.45, 1e-12));
  test("clusters that all agree inside cost almost all of the sample", () => {
    const same = clusteredRate([
      ...Array(5).fill({ k: 20, n: 20 }),
      ...Array(5).fill({ k: 0, n: 20 }),
    ]);
    near(same.designEffect, 22.2, 0.1);
    assert.ok(same.interval.high - same.interval.low > 0.6);
  });
  test("one cluster says nothing", () => {
    assert.deepEqual(clusteredRate([{ k: 50, n: 100 }]).interval, { low: 0, high: 1 });
  });
  test("never narrower than independent rollouts", () => {
    const cluster = fc
      .integer({ min: 1, max: 30 })
      .chain((n) => fc.record({ n: fc.constant(n), k: fc.nat(n) }));
    fc.assert(
      fc.property(fc.array(cluster, { minLength: 2, maxLength: 12 }), (clusters) => {
        const { k, n, interval } = clusteredRate(clusters);
        const plain = clopperPearson(k, n);
        assert.ok(interval.low <= plain.low + 1e-9 && interval.high >= plain.high - 1e-9);
      }),
      { numRuns: numRuns * 5 },
    );
  });
});

describe("many tests", () => {
  test("Holm", () => {
    assert.deepEqual(
      holm([0.01, 0.04, 0.03, 0.005]).map((p) => Math.round(p * 1000) / 1000),
      [0.03, 0.06, 0.06, 0.02],
    );
    assert.deepEqual(holm([]), []);
  });
  test("Fisher's combination", () => {
    const { chiSquare, p } = fisherCombined([0.04, 0.2, 0.5]);
    near(chiSquare, 11.043, 5e-4);
    near(p, 0.0871, 5e-5);
  });
});

describe("power", () => {
  test("fewest successes against one in a thousand", () => {
    const table = [
      [100, 2, 0.0046],
      [200, 2, 0.0175],
      [300, 2, 0.0369],
      [600, 3, 0.023],
      [1100, 4, 0.0257],
      [1700, 5, 0.0295],
    ] as const;
    for (const [n, k, p] of table) {
      assert.equal(fewestToShow(n, 0.05), k);
      near(happensAtAll(k, n), p, 5.1e-5);
    }
    assert.equal(happensAtAll(0, 100), 1);
  });
  test("rollouts in each of two arms", () => {
    assert.equal(rolloutsToTell(0.02, 0.15), 72);
    assert.equal(rolloutsToTell(0.02, 0.1), 138);
    assert.equal(rolloutsToTell(0.1, 0.2), 199);
  });
  test("exact powers hold what they promise", () => {
    near(powerToShow(0.02, 100), 1 - 0.98 ** 100 - 100 * 0.02 * 0.98 ** 99, 1e-12);
    assert.equal(smallestShown(100), 0.03);
    near(powerToTell([0.5, 0.5], 20), 0.02, 0.02);
    assert.ok(powerToTell([0.1, 0.6], 20) > 0.8);
  });
});

describe("looking early", () => {
  test("anytime bounds of no miss", () => {
    for (const [n, bound] of [
      [59, 9.1],
      [100, 5.7],
      [200, 3.1],
      [500, 1.3],
    ] as const) {
      near(100 * anytimeInterval(0, n).high, bound, 0.06);
    }
  });
  test("hold at every look at once: a thousand seeded runs", () => {
    let state = 7;
    const chance = () => {
      state = (state * 48271) % 2147483647;
      return state / 2147483647;
    };
    let missed = 0;
    for (let run = 0; run < 400; run += 1) {
      let k = 0;
      for (let n = 1; n <= 150; n += 1) {
        k += chance() < 0.1 ? 1 : 0;
        const { low, high } = anytimeInterval(k, n);
        if (low > 0.1 || high < 0.1) {
          missed += 1;
          break;
        }
      }
    }
    assert.ok(missed <= 20, `${missed} of 400 runs ruled the truth out`);
  });
  test("Wald's test: 35 clean accept, two misses reject", () => {
    const aim = { fine: 0.02, bad: 0.1, alpha: 0.05, beta: 0.05 };
    assert.equal(sprt(0, 34, aim), "go on");
    assert.equal(sprt(0, 35, aim), "fine");
    assert.equal(sprt(1, 1, aim), "go on");
    assert.equal(sprt(2, 2, aim), "bad");
  });
});

test("agreement: Cohen's own kind of table", () => {
  const pairs = [
    ...Array(20).fill(["yes", "yes"]),
    ...Array(5).fill(["yes", "no"]),
    ...Array(10).fill(["no", "yes"]),
    ...Array(15).fill(["no", "no"]),
  ] as [string, string][];
  const { n, agreed, kappa } = agreementOf(pairs);
  assert.deepEqual([n, agreed], [50, 35]);
  near(kappa, 0.4, 1e-12);
});
