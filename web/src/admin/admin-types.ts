/** What the page reads of the replies of `/v1/admin`. A test keeps these shapes equal to those of the service. */

export interface PromiseStatus {
  state: 'unknown' | 'holds' | 'raised' | 'off';
  because?: 'feedback' | 'population';
  calibrator: string;
  /** Shares and confidences: 0..1. */
  targetPrecision: number;
  calibratedThreshold: number;
  calibration: {
    basis: 'labels' | 'fit';
    date: string;
    shown: number;
    precision: number | null;
    precisionLow: number | null;
    confidence: number;
  };
  threshold: number | null;
  groups: readonly GroupThreshold[];
  confidences: number;
  populationStability: number | null;
  feedback: { judged: number; right: number; precision: number | null; precisionLow: number | null };
}

/** Of one language and kind of query. */
export interface GroupThreshold {
  language: string | null;
  kind: 'question' | 'keyword' | 'navigational' | 'transactional';
  calibratedThreshold: number;
  threshold: number | null;
}

export interface RecentAnswers {
  searches: number;
  reasons: readonly { strategy: string; reason: string; count: number }[];
}

export interface Rule {
  match: 'query' | 'phrase' | 'document';
  value: string;
  action: 'allow' | 'block';
  reason: string;
}

export interface RuleInForce extends Rule {
  id: string;
  createdAt: string;
  createdBy: string | null;
}

export interface AuditEntry {
  at: string;
  by: string | null;
  action: 'add' | 'remove';
  override: RuleInForce;
}
