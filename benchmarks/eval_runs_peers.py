"""One evaluation by ranx or pytrec_eval, for benchmarks/eval-runs.mjs: read the files, evaluate, test if asked."""

import json
import sys

peer, qrels_path, runs_json, measures, tests = sys.argv[1:]
runs = json.loads(runs_json)
measures = measures.split()

if peer == "ranx":
    from ranx import Qrels, Run, compare, evaluate

    qrels = Qrels.from_file(qrels_path, kind="trec")
    read = [Run.from_file(path, kind="trec", name=path) for path in runs]
    if tests == "student":
        compare(qrels, read, measures, stat_test="student", make_comparable=True)
    else:
        for run in read:
            evaluate(qrels, run, measures, make_comparable=True)
else:
    import pytrec_eval

    with open(qrels_path) as file:
        qrels = pytrec_eval.parse_qrel(file)
    evaluator = pytrec_eval.RelevanceEvaluator(qrels, set(measures))
    values = []
    for path in runs:
        with open(path) as file:
            values.append(evaluator.evaluate(pytrec_eval.parse_run(file)))
    if tests == "scipy":
        from scipy import stats

        for measure in measures:
            base = [values[0][topic][measure] for topic in sorted(qrels)]
            for other in values[1:]:
                own = [other[topic][measure] for topic in sorted(qrels)]
                stats.ttest_rel(base, own)
                stats.wilcoxon(base, own)
