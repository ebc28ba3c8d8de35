/** "Did you mean": the known word that a mistyped one is closest to. */

/**
 * The closest of `words`, or undefined when none is close: at most one edit in three letters (Damerau-Levenshtein,
 * adjacent transpositions), else the shortest word that begins with or holds what was typed. Case is ignored; of equally close words the
 * first wins.
 */
export function nearest(typed: string, words: Iterable<string>): string | undefined {
  const wanted = typed.toLowerCase();
  const known = [...words];
  let best: { readonly word: string; readonly edits: number } | undefined;
  for (const word of known) {
    const edits = editDistance(wanted, word.toLowerCase());
    if (edits <= Math.max(1, Math.floor(word.length / 3)) && edits < (best?.edits ?? Number.POSITIVE_INFINITY)) {
      best = { word, edits };
    }
  }
  if (best !== undefined || wanted.length < 3) return best?.word;
  return known.filter((word) => word.toLowerCase().includes(wanted)).sort((a, b) => a.length - b.length)[0];
}

/** The hint of an error message: `did you mean "ports"?`, or undefined when no word is close. */
export function didYouMean(typed: string, words: Iterable<string>): string | undefined {
  const word = nearest(typed, words);
  return word === undefined ? undefined : `did you mean "${word}"?`;
}

/** Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b` (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let edits = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        edits = Math.min(edits, beforeLast[j - 2]! + 1);
      row.push(edits);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
