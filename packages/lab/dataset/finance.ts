/** Twelve months of a product that loses money: two months with a profit, a loss over the year. */

export type FinanceRow = {
  readonly month: string;
  readonly revenue: number;
  readonly cost: number;
};

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const revenues = [1320, 1480, 1350, 1400, 1375, 1390, 1410, 1365, 1405, 1425, 1440, 1450];
const costs = [1550, 1430, 1560, 1570, 1555, 1560, 1565, 1550, 1560, 1555, 1560, 1385];

/** Revenue 16,810,000 and cost 18,400,000, as in the study: a loss of 1,590,000. */
export const financeRows: readonly FinanceRow[] = months.map((month, at) => ({
  month: `2025-${String(at + 1).padStart(2, "0")} (${month})`,
  revenue: revenues[at]! * 1000,
  cost: costs[at]! * 1000,
}));
