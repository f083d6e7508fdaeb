import type { PromiseStatus } from './admin-types.js';
import { percent, promiseWords, stabilityWords } from './admin-words.js';

const STATES = { unknown: 'Not known yet', holds: 'Holds', raised: 'Threshold raised', off: 'Answers are off' };

/** The calibrator, what drifted, and what was done about it. */
export function PromiseSection({ promise, onReset }: { promise: PromiseStatus | null; onReset: () => void }) {
  if (promise === null) {
    return (
      <section aria-labelledby="promise">
        <h2 id="promise">The promise</h2>
        <p>Nobody watches: no calibrator is loaded, or CANDOR_DRIFT_MONITOR is off.</p>
      </section>
    );
  }
  const { state, calibration, feedback } = promise;
  const questions = calibration.basis === 'labels' ? "the site's own queries" : 'the questions of the models';
  const rows: readonly [string, string][] = [
    ['Calibrator', promise.calibrator],
    ['Target', percent(promise.targetPrecision)],
    ['Threshold of the calibrator', promise.calibratedThreshold.toFixed(4)],
    ['Threshold in use', promise.threshold === null ? 'none: answers are off' : promise.threshold.toFixed(4)],
    [
      'Calibrated',
      `${calibration.date}, on ${questions}: ${calibration.shown} answers shown, ${percent(calibration.precision)} right`,
    ],
    ['Bound', `at least ${percent(calibration.precisionLow)}, with ${percent(calibration.confidence)} confidence`],
    ['Population stability index', `${stabilityWords(promise.populationStability)}, ${promise.confidences} answers`],
    ['Judged of late', `${feedback.right} of ${feedback.judged} right`],
    ['Rolling precision', `${percent(feedback.precision)}, at least ${percent(feedback.precisionLow)}`],
  ];
  return (
    <section aria-labelledby="promise">
      <h2 id="promise">The promise</h2>
      <p class={`state ${state}`}>
        <strong>{STATES[state]}.</strong> {promiseWords(promise)}
      </p>
      <dl>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <button type="button" class="plain" onClick={onReset}>
        Forget what was seen
      </button>
    </section>
  );
}
