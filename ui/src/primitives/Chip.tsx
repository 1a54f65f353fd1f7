import type { ReactNode } from 'react';
import { useI18n } from '@/app/i18n';
import classes from './Chip.module.css';
import { Sign, type SignShape } from './Sign';

export type Tone = 'plain' | 'good' | 'warn' | 'bad' | 'rare';

interface ChipProps {
  tone?: Tone;
  /** A shape that says with the word what the colour says. */
  sign?: SignShape;
  hollow?: boolean;
  children: ReactNode;
  title?: string;
}

/** A word in a frame. Its colour only repeats what the word says. */
export function Chip({ tone = 'plain', sign, hollow, children, title }: ChipProps) {
  return (
    <span className={classes.chip} data-tone={tone} title={title}>
      {sign ? <Sign shape={sign} hollow={hollow} /> : null}
      {children}
    </span>
  );
}

/** Up to how many stations a binary counts as rare. */
const rareUpTo = 3;

interface RarityProps {
  prevalence: number | undefined;
  runs?: number;
  compact?: boolean;
  /** It is told of a launch: of one parent starting the binary; or of a device. */
  launch?: boolean;
  device?: boolean;
  /** Says in words what it is told of, of what is common too. */
  full?: boolean;
}

/** On how many stations a binary ran, a parent started it or a device was, with a shape where that is few. */
export function Rarity({ prevalence, runs, compact, launch, device, full }: RarityProps) {
  const { t, fmt } = useI18n();
  if (prevalence === undefined) return null;
  const title = t(device ? 'rarity.device' : launch ? 'rarity.launch' : 'rarity.title', {
    n: prevalence,
    stations: fmt.number(prevalence),
    runs: runs === undefined ? undefined : fmt.number(runs),
    r: runs ?? 0,
  });
  const words = t(device ? 'rarity.deviceOn' : launch ? 'rarity.launchOn' : 'rarity.binaryOn', {
    n: prevalence,
    stations: fmt.number(prevalence),
  });
  if (prevalence > rareUpTo) {
    if (full) return <Chip title={title}>{words}</Chip>;
    return (
      <span className={classes.common} title={title}>
        {fmt.number(prevalence)}
      </span>
    );
  }
  return (
    <Chip tone="rare" title={title}>
      <svg className={classes.shape} viewBox="0 0 8 8" aria-hidden="true">
        <path d="M4 .5 7.5 4 4 7.5.5 4Z" data-hollow={prevalence > 1} />
      </svg>
      {full
        ? words
        : compact
          ? fmt.number(prevalence)
          : prevalence <= 1
            ? t('rarity.only')
            : t('rarity.few', { stations: fmt.number(prevalence) })}
    </Chip>
  );
}
