import type { AdminTexts } from './admin-texts.js';
import type { PromiseStatus } from './admin-types.js';
import { promiseWords, stabilityWords } from './admin-words.js';

const exact = (threshold: number | null) => threshold?.toFixed(4) ?? '–';

/** The calibrator, what drifted, and what was done about it. */
export function PromiseSection({
  promise,
  texts,
  onReset,
}: {
  promise: PromiseStatus | null;
  texts: AdminTexts;
  onReset: () => void;
}) {
  if (promise === null) {
    return (
      <section aria-labelledby="promise">
        <h2 id="promise">{texts.promise}</h2>
        <p>{texts.unwatched}</p>
      </section>
    );
  }
  const { percent } = texts;
  const { state, calibration, feedback } = promise;
  const rows: readonly [string, string][] = [
    [texts.calibrator, promise.calibrator],
    [texts.target, percent(promise.targetPrecision)],
    [texts.calibratedThreshold, exact(promise.calibratedThreshold)],
    [texts.threshold, promise.threshold === null ? texts.noThreshold : exact(promise.threshold)],
    [texts.calibrated, texts.calibratedOn(calibration)],
    [texts.bound, texts.boundWords(percent(calibration.precisionLow), percent(calibration.confidence))],
    [
      texts.stability,
      `${stabilityWords(promise.populationStability, texts)}, ${texts.answersSeen(promise.confidences)}`,
    ],
    [texts.judged, texts.judgedWords(feedback.right, feedback.judged)],
    [texts.rolling, texts.rollingWords(percent(feedback.precision), percent(feedback.precisionLow))],
  ];
  return (
    <section aria-labelledby="promise">
      <h2 id="promise">{texts.promise}</h2>
      <p class={`state ${state}`}>
        <strong>
          {texts.states[state]}
          {texts.stop}
        </strong>{' '}
        {promiseWords(promise, texts)}
      </p>
      <dl>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {promise.groups.length > 0 && <GroupThresholds promise={promise} texts={texts} />}
      <button type="button" class="plain" onClick={onReset}>
        {texts.forgetSeen}
      </button>
    </section>
  );
}

/** From which confidence on answers are shown, by language and kind of the query. */
function GroupThresholds({ promise, texts }: { promise: PromiseStatus; texts: AdminTexts }) {
  const rows = [
    ...promise.groups.map((group) => ({ ...group, name: texts.groupOf(group) })),
    { ...promise, name: texts.otherQueries },
  ];
  return (
    <table class="groups">
      <caption>{texts.groups}</caption>
      <thead>
        <tr>
          <th scope="col">{texts.group}</th>
          <th scope="col">{texts.ofCalibrator}</th>
          <th scope="col">{texts.inUse}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ name, calibratedThreshold, threshold }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{exact(calibratedThreshold)}</td>
            <td>{exact(threshold)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
