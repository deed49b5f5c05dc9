/** Whether a figure keeps its bound, in words. */

export function verdict(value: number, bound: number, show: (value: number) => string): string {
  return `${value <= bound ? 'meets' : 'MISSES'} ≤ ${show(bound)}`;
}

export function verdictAbove(value: number, bound: number, show: (value: number) => string): string {
  return `${value >= bound ? 'meets' : 'MISSES'} ≥ ${show(bound)}`;
}
