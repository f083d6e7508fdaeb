/** Names in trec_eval, without the parameter, and what they are in ir_measures; `#` is the place of the parameter. */
const NAMES: readonly (readonly [trecEval: string, irMeasures: string])[] = [
  ['map', 'AP'],
  ['map_cut_#', 'AP@#'],
  ['ndcg', 'nDCG'],
  ['ndcg_cut_#', 'nDCG@#'],
  ['P_#', 'P@#'],
  ['recall_#', 'R@#'],
  ['recip_rank', 'RR'],
  ['bpref', 'Bpref'],
  ['success_#', 'Success@#'],
  ['iprec_at_recall_#', 'IPrec@#'],
  ['set_P', 'SetP'],
  ['set_relative_P', 'SetRelP'],
  ['set_recall', 'SetR'],
  ['set_F', 'SetF'],
  ['set_F_#', 'SetF(beta=#)'],
  ['set_map', 'SetAP'],
  ['num_ret', 'NumRet'],
  ['num_rel', 'NumRel'],
  ['num_rel_ret', 'NumRelRet'],
  ['num_q', 'NumQ'],
  ['rbp', 'RBP(p=0.9)'],
];

/** The name in ir_measures of a measure that is named as in trec_eval (`ndcg_cut_10`, `P.5`); `null` for other names. */
export function trecEvalNames(name: string): string | null {
  const [, base = name, parameter] = /^(.*?)[._](\d+(?:\.\d+)?)$/.exec(name) ?? [];
  const wanted = parameter === undefined ? base : `${base}_#`;
  const found = NAMES.find(([trecEval]) => trecEval === wanted);
  return found ? found[1].replace('#', parameter ?? '') : null;
}
