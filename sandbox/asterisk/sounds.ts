import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bridge } from './bridges.ts';
import type { Pbx } from './pbx.ts';

type Playback = { id: string; channelId: string; media: string; timer: NodeJS.Timeout };
type Recording = { name: string; bridge: Bridge; startedAt: number };
/** `seconds` null: the PBX died while it ran, and nobody has mended the head of its file. */
type Stored = { name: string; seconds: number | null };

const bytesPerSecond = 16_000;

/** Prompts that play, recordings that run, and those that lie in the spool. */
export function createSounds(pbx: Pbx, folder: string | undefined) {
  const playbacks = new Map<string, Playback>();
  const live = new Map<string, Recording>();
  const stored = new Map<string, Stored>();
  const file = folder === undefined ? null : join(folder, 'recordings.ndjson');
  const keep = (recording: Stored): void => {
    stored.set(recording.name, recording);
    if (file !== null) appendFileSync(file, `${JSON.stringify(recording)}\n`);
  };

  const playbackJson = ({ id, media, channelId }: Playback, state: string) => ({
    id,
    media_uri: media,
    target_uri: `channel:${channelId}`,
    language: 'en',
    state,
  });
  const recordingJson = ({ name, bridge }: Recording, more: object) => ({
    name,
    format: 'wav',
    target_uri: `bridge:${bridge.id}`,
    ...more,
  });

  function finish(playback: Playback): void {
    clearTimeout(playback.timer);
    if (!playbacks.delete(playback.id)) return;
    // `done` also when it was stopped: nobody can tell whether it was heard to its end.
    pbx.apps.ofChannel(playback.channelId, { type: 'PlaybackFinished', playback: playbackJson(playback, 'done') });
  }

  function stop(recording: Recording): void {
    if (!live.delete(recording.name)) return;
    const seconds = Math.round((pbx.now() - recording.startedAt) / 1_000);
    keep({ name: recording.name, seconds });
    const event = {
      type: 'RecordingFinished',
      recording: recordingJson(recording, { state: 'done', duration: seconds }),
    };
    pbx.apps.ofBridge(recording.bridge, event);
  }

  return {
    load(): void {
      if (file === null || !existsSync(file)) return;
      for (const line of readFileSync(file, 'utf8').split('\n')) {
        try {
          const recording = JSON.parse(line) as Stored;
          stored.set(recording.name, recording);
        } catch {
          // The torn last line of a kill, or the empty one behind the last.
        }
      }
    },
    play(id: string, channelId: string, media: string, lengthMs: number) {
      const timer = setTimeout(() => finish(playback), lengthMs / pbx.scenario.timeScale);
      const playback: Playback = { id, channelId, media, timer };
      playbacks.set(id, playback);
      setImmediate(() =>
        pbx.apps.ofChannel(channelId, { type: 'PlaybackStarted', playback: playbackJson(playback, 'playing') }),
      );
      return playbackJson(playback, 'queued');
    },
    stopPlaying(id: string): boolean {
      const playback = playbacks.get(id);
      if (playback) finish(playback);
      return playback !== undefined;
    },
    channelEnds(channelId: string): void {
      for (const playback of [...playbacks.values()].filter((each) => each.channelId === channelId)) finish(playback);
    },
    /** Null: the name is taken. */
    record(name: string, bridge: Bridge) {
      if (live.has(name) || stored.has(name)) return null;
      const recording = { name, bridge, startedAt: pbx.now() };
      live.set(name, recording);
      if (file !== null) appendFileSync(file, `${JSON.stringify({ name, seconds: null })}\n`);
      setImmediate(() =>
        pbx.apps.ofBridge(bridge, {
          type: 'RecordingStarted',
          recording: recordingJson(recording, { state: 'recording' }),
        }),
      );
      return recordingJson(recording, { state: 'queued' });
    },
    stopRecording(name: string): boolean {
      const recording = live.get(name);
      if (recording) stop(recording);
      return recording !== undefined;
    },
    bridgeEnds(bridge: Bridge): void {
      for (const recording of [...live.values()].filter((each) => each.bridge === bridge)) stop(recording);
    },
    stored: (name: string): Stored | undefined => stored.get(name),
    forget(name: string): boolean {
      return stored.delete(name);
    },
    /** A sound as long as the talk was: a soft tone, so that who plays it hears something. */
    wav: (name: string): Buffer | null => {
      const recording = stored.get(name);
      return recording ? wavOf(recording.seconds) : null;
    },
    crash(): void {
      for (const playback of playbacks.values()) clearTimeout(playback.timer);
      playbacks.clear();
      for (const { name } of live.values()) keep({ name, seconds: null });
      live.clear();
    },
    stop(): void {
      for (const playback of playbacks.values()) clearTimeout(playback.timer);
    },
  };
}

/** Linear PCM, 8 kHz, 16 bit, mono. */
function wavOf(seconds: number | null): Buffer {
  const size = (seconds ?? 0) * bytesPerSecond;
  const wav = Buffer.alloc(44 + size);
  wav.write('RIFF', 0);
  wav.writeUInt32LE(36 + size, 4);
  wav.write('WAVEfmt ', 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(8_000, 24);
  wav.writeUInt32LE(bytesPerSecond, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write('data', 36);
  wav.writeUInt32LE(size, 40);
  // One period of 400 Hz is twenty samples.
  for (let sample = 0; sample < size / 2; sample += 1)
    wav.writeInt16LE(Math.round(2_000 * Math.sin((2 * Math.PI * sample) / 20)), 44 + sample * 2);
  return wav;
}
