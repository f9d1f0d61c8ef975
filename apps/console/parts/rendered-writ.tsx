/** An order by the same renderer as on every screen, from bytes that have the writ's digest. */
import { type RenderedWrit, renderWrit } from "@writ/core";
import { isRefused, type Refused } from "@writ/core/encoding";
import type { ReactNode } from "react";

export function RenderedOrder({ bytes, title }: { bytes: Uint8Array; title: string }): ReactNode {
  const rendered = renderWrit(bytes);
  if (isRefused(rendered)) return <NotShown refusal={rendered} />;
  return (
    <section className="as-signed" aria-labelledby="as-signed">
      <h2 id="as-signed">{title}</h2>
      <p className="phrase">
        {rendered.phrase.map((word, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a phrase may have a word twice
          <span key={at}>{word} </span>
        ))}
      </p>
      <p className="faint">
        Rendered here from bytes whose digest is <code>{rendered.digest}</code>. Your terminal shows
        the same ten words.
      </p>
      <Sections rendered={rendered} />
    </section>
  );
}

function Sections({ rendered: { title, sections } }: { readonly rendered: RenderedWrit }) {
  return (
    <>
      <h3>{title}</h3>
      {sections.map(({ heading, lines }) => (
        <section key={heading}>
          <h4>{heading}</h4>
          <dl className="facts">
            {lines.map(({ label, text }, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: lines never move
              <div key={at}>
                <dt>{label}</dt>
                <dd>
                  <bdi>{text}</bdi>
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </>
  );
}

export function NotShown({ refusal }: { readonly refusal: Refused }): ReactNode {
  return (
    <section className="no-answer" role="alert">
      <h2>The order is not shown</h2>
      <p>{refusal.detail}.</p>
    </section>
  );
}
