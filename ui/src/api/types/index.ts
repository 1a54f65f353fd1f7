/** The shapes of the API, version 1, by what they are about. */

export type * from './agent';
export type * from './binary';
export type * from './client';
export type * from './coverage';
export type * from './device';
export type * from './event';
export type * from './import';
export type * from './problem';
export type * from './process';
export type * from './query';
export type * from './search';
export type * from './server';
export type * from './session';
export type * from './station';
export type * from './task';
export type * from './update';
