/** Random 32-bit numbers from a seed (xorshift128): many are needed, and they need not be secret. */
export function randomWords(seed: number): () => number {
  let [x, y, z, w] = [123456789 ^ seed, 362436069, 521288629, 88675123 + Math.imul(seed, 0x9e3779b1)];
  const next = () => {
    const t = x ^ (x << 11);
    [x, y, z] = [y, z, w];
    w = w ^ (w >>> 19) ^ (t ^ (t >>> 8));
    return w >>> 0;
  };
  for (let round = 0; round < 16; round++) next();
  return next;
}

/** Up to so many topics whose values differ, all assignments of signs are tried. */
const EXACT_TOPICS = 14;

/** Numbers closer than this are the same sum in another order. */
const SAME = 1e-12;

/**
 * Fisher's randomisation test of the mean difference (Smucker et al. 2007): how often it would be as large, in absolute
 * terms, if the two runs were exchanged at random topic by topic. All exchanges are tried where up to 14 topics differ; else
 * `rounds` random ones, and the p-value is (as large + 1) / (rounds + 1), which is never 0.
 */
export function randomisationTest(differences: Float64Array, rounds: number, seed: number): number {
  const changed = differences.filter((difference) => difference !== 0);
  if (changed.length === 0) return 1;
  const observed = Math.abs(changed.reduce((sum, difference) => sum + difference, 0)) - SAME;
  const tables = signTables(changed);
  if (changed.length <= EXACT_TOPICS) {
    const assignments = 2 ** changed.length;
    let asLarge = 0;
    for (let signs = 0; signs < assignments; signs++)
      if (Math.abs(sumOf(tables, () => signs)) >= observed) asLarge += 1;
    return asLarge / assignments;
  }
  const random = randomWords(seed);
  let asLarge = 0;
  for (let round = 0; round < rounds; round++) if (Math.abs(sumOf(tables, random)) >= observed) asLarge += 1;
  return (asLarge + 1) / (rounds + 1);
}

/** For each eight topics, the sum of their differences under each of the 256 assignments of signs. */
function signTables(differences: Float64Array): Float64Array {
  const bytes = Math.ceil(differences.length / 8);
  const tables = new Float64Array(bytes * 256);
  for (let byte = 0; byte < bytes; byte++) {
    for (let signs = 0; signs < 256; signs++) {
      let sum = 0;
      for (let bit = 0; bit < 8; bit++) {
        const difference = differences[byte * 8 + bit] ?? 0;
        sum += (signs >> bit) & 1 ? difference : -difference;
      }
      tables[byte * 256 + signs] = sum;
    }
  }
  return tables;
}

/** One word of signs for four tables. */
function sumOf(tables: Float64Array, word: () => number): number {
  let sum = 0;
  let signs = 0;
  for (let table = 0, at = 0; at < tables.length; table++, at += 256) {
    signs = (table & 3) === 0 ? word() : signs >>> 8;
    sum += tables[at + (signs & 255)] as number;
  }
  return sum;
}
