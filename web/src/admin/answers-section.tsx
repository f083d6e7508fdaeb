import type { RecentAnswers } from './admin-types.js';
import { percent } from './admin-words.js';

/** What became of the latest searches. */
export function AnswersSection({ answers: { searches, reasons } }: { answers: RecentAnswers }) {
  return (
    <section aria-labelledby="answers">
      <h2 id="answers">Latest searches</h2>
      {searches === 0 && <p>There were none since the service started.</p>}
      {searches > 0 && (
        <table>
          <caption class="visually-hidden">What became of the latest {searches} searches</caption>
          <thead>
            <tr>
              <th scope="col">Reason</th>
              <th scope="col">Strategy</th>
              <th scope="col">Searches</th>
              <th scope="col">Share</th>
            </tr>
          </thead>
          <tbody>
            {reasons.map(({ strategy, reason, count }) => (
              <tr key={reason}>
                <th scope="row">{reason}</th>
                <td>{strategy}</td>
                <td>{count}</td>
                <td>{percent(count / searches)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
