/** What a session is measured against, as the report judges it. */
import type { BaselineOffer } from '../api/report';

const FOUND = {
  user: 'your choice',
  manifest: 'recorded alone by the same run',
  kernels: 'found by its kernels',
} as const;

/** "alone/trainer, found by its kernels"; `chosen`: what the user chose, '' for none. */
export function baselineText(offers: readonly BaselineOffer[], chosen: string | undefined): string {
  const used = offers.filter(({ use }) => use === 'used');
  if (used.length > 0) return `${used.map(({ label }) => label).join(', ')}, ${FOUND[used[0].found]}`;
  if (chosen === '') return 'none, your choice';
  const possible = offers.filter(({ use }) => use === 'offered').length;
  return possible > 0 ? `none used, ${possible} possible` : 'none found';
}

/** Why what the user chose is not used; empty where it is. */
export const refusals = (offers: readonly BaselineOffer[]): readonly string[] => {
  const chosen = offers.filter(({ found }) => found === 'user');
  if (chosen.some(({ use }) => use === 'used')) return [];
  return chosen.filter(({ use }) => use === 'refused').map(({ words }) => words);
};
