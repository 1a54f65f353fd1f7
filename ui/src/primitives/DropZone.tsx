import { Button } from '@mantine/core';
import { IconFileImport } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import classes from './DropZone.module.css';

interface DropZoneProps {
  title: string;
  /** Shown instead of the title while files are held over the page. */
  letGo: string;
  hint?: string;
  chooseFiles: string;
  chooseFolder: string;
  onFiles(files: File[]): void;
  /** Reads what was dropped. */
  read(transfer: DataTransfer): Promise<File[]>;
}

/**
 * Takes files: dropped, or chosen one by one or by the folder. They may be
 * dropped anywhere on the page: a browser would leave the page for a file that
 * falls beside the zone.
 */
export function DropZone({ title, letGo, hint, chooseFiles, chooseFolder, onFiles, read }: DropZoneProps) {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const taking = useRef({ onFiles, read });
  useEffect(() => {
    taking.current = { onFiles, read };
  });
  useEffect(() => {
    // Each element that is crossed is entered before the last one is left.
    let depth = 0;
    const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
    const onEnter = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      depth++;
      setOver(true);
    };
    const onOver = (event: DragEvent) => {
      if (carriesFiles(event)) event.preventDefault();
    };
    const onLeave = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      depth = Math.max(0, depth - 1);
      if (depth === 0) setOver(false);
    };
    const onDrop = (event: DragEvent) => {
      depth = 0;
      setOver(false);
      if (!carriesFiles(event) || !event.dataTransfer) return;
      event.preventDefault();
      void taking.current.read(event.dataTransfer).then((found) => taking.current.onFiles(found));
    };
    const listeners = [
      ['dragenter', onEnter],
      ['dragover', onOver],
      ['dragleave', onLeave],
      ['drop', onDrop],
    ] as const;
    for (const [name, listener] of listeners) document.addEventListener(name, listener);
    return () => {
      for (const [name, listener] of listeners) document.removeEventListener(name, listener);
    };
  }, []);
  const take = (input: HTMLInputElement) => {
    onFiles([...(input.files ?? [])]);
    input.value = '';
  };
  return (
    <section className={classes.zone} aria-label={title} data-over={over || undefined}>
      <IconFileImport size={28} stroke={1.4} aria-hidden="true" />
      <p className={classes.title}>{over ? letGo : title}</p>
      <div className={classes.buttons}>
        <Button variant="filled" onClick={() => files.current?.click()}>
          {chooseFiles}
        </Button>
        <Button onClick={() => folder.current?.click()}>{chooseFolder}</Button>
      </div>
      {hint ? <p className={classes.hint}>{hint}</p> : null}
      <input
        ref={files}
        type="file"
        multiple
        hidden
        data-testid="files"
        onChange={(event) => take(event.currentTarget)}
      />
      <input
        ref={folder}
        type="file"
        multiple
        hidden
        {...{ webkitdirectory: '' }}
        onChange={(event) => take(event.currentTarget)}
      />
    </section>
  );
}
