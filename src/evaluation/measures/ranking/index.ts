import { Accuracy } from './accuracy.js';
import { alphaDCG, alphaNDCG } from './alpha-ndcg.js';
import { AP } from './ap.js';
import { Bpref } from './bpref.js';
import { Compat } from './compat.js';
import { NumQ, NumRel, NumRelRet, NumRet } from './counts.js';
import { BPM, INSQ, INST, NERR8, NERR9, NERR10, NERR11, SDCG } from './cwl.js';
import { ERR } from './err.js';
import { ERR_IA, nERR_IA } from './err-ia.js';
import { infAP } from './infap.js';
import { AP_IA, P_IA, StRecall } from './intent-aware.js';
import { IPrec } from './iprec.js';
import { Judged } from './judged.js';
import type { RankingMeasure } from './measure.js';
import { nDCG } from './ndcg.js';
import { NRBP, nNRBP } from './nrbp.js';
import { P } from './p.js';
import { R } from './r.js';
import { RBP } from './rbp.js';
import { Rprec } from './rprec.js';
import { RR } from './rr.js';
import { SetAP } from './set-ap.js';
import { SetF } from './set-f.js';
import { SetP, SetRelP } from './set-p.js';
import { SetR } from './set-r.js';
import { Success } from './success.js';

/** All measures of rankings. */
export const RANKING_MEASURES: readonly RankingMeasure[] = [
  ...[nDCG, AP, RR, P, R, Rprec, RBP, ERR, Bpref, infAP, Judged, Success, IPrec],
  ...[SetP, SetRelP, SetR, SetF, SetAP, NumRet, NumRelRet, NumRel, NumQ, Accuracy, Compat],
  ...[alphaNDCG, alphaDCG, ERR_IA, nERR_IA, NRBP, nNRBP, AP_IA, P_IA, StRecall],
  ...[SDCG, INST, INSQ, BPM, NERR8, NERR9, NERR10, NERR11],
];
