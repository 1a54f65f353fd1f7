import { Button } from '@mantine/core';
import { IconFileImport } from '@tabler/icons-react';
import { type DragEvent, useRef, useState } from 'react';
import classes from './DropZone.module.css';

interface DropZoneProps {
  title: string;
  hint?: string;
  chooseFiles: string;
  chooseFolder: string;
  onFiles(files: File[]): void;
  /** Reads what was dropped. */
  read(transfer: DataTransfer): Promise<File[]>;
}

/** Takes files: dropped, or chosen one by one or by the folder. */
export function DropZone({ title, hint, chooseFiles, chooseFolder, onFiles, read }: DropZoneProps) {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(0);
  const stop = (event: DragEvent) => event.preventDefault();
  const take = (input: HTMLInputElement) => {
    onFiles([...(input.files ?? [])]);
    input.value = '';
  };
  return (
    <section
      className={classes.zone}
      aria-label={title}
      data-over={over > 0 || undefined}
      onDragEnter={(event) => {
        stop(event);
        setOver((n) => n + 1);
      }}
      onDragOver={stop}
      onDragLeave={() => setOver((n) => n - 1)}
      onDrop={(event) => {
        stop(event);
        setOver(0);
        void read(event.dataTransfer).then(onFiles);
      }}
    >
      <IconFileImport size={28} stroke={1.4} aria-hidden="true" />
      <p className={classes.title}>{title}</p>
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
