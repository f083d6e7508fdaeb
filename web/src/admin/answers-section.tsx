import type { AdminTexts } from './admin-texts.js';
import type { RecentAnswers } from './admin-types.js';

/** What became of the latest searches. */
export function AnswersSection({
  answers: { searches, reasons },
  texts,
}: {
  answers: RecentAnswers;
  texts: AdminTexts;
}) {
  return (
    <section aria-labelledby="answers">
      <h2 id="answers">{texts.answers}</h2>
      {searches === 0 && <p>{texts.noSearches}</p>}
      {searches > 0 && (
        <table>
          <caption class="visually-hidden">{texts.answersCaption(searches)}</caption>
          <thead>
            <tr>
              <th scope="col">{texts.reason}</th>
              <th scope="col">{texts.strategy}</th>
              <th scope="col">{texts.searches}</th>
              <th scope="col">{texts.share}</th>
            </tr>
          </thead>
          <tbody>
            {reasons.map(({ strategy, reason, count }) => (
              <tr key={reason}>
                <th scope="row">{reason}</th>
                <td>{strategy}</td>
                <td>{count}</td>
                <td>{texts.percent(count / searches)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
