import { useEffect, useState } from 'preact/hooks';
import type { Texts } from '../texts.js';

/** Points at an answer that arrived outside the window, until it has been in view once. */
export function AnswerPointer({ texts, onGoToAnswer }: { texts: Texts; onGoToAnswer: () => void }) {
  const [place, setPlace] = useState<'seen' | 'above' | 'below'>('seen');

  useEffect(() => {
    const card = document.getElementById('answer');
    if (card === null) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry === undefined) return;
        if (entry.isIntersecting) {
          setPlace('seen');
          observer.disconnect();
        } else setPlace(entry.boundingClientRect.top < 0 ? 'above' : 'below');
      },
      { rootMargin: '-48px 0px' },
    );
    observer.observe(card);
    return () => observer.disconnect();
  }, []);

  if (place === 'seen') return null;
  return (
    <button type="button" class="answer-pointer" onClick={onGoToAnswer}>
      <span aria-hidden="true">{place === 'above' ? '↑' : '↓'}</span>{' '}
      {place === 'above' ? texts.answerAbove : texts.answerBelow}
    </button>
  );
}
