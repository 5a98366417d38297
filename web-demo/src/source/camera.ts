// The camera, with a plain sentence for each way in which there may be none.
import { type Frames, SourceError } from './frames.js';
import { VideoFrames } from './video-frames.js';

export async function openCamera(): Promise<Frames> {
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new SourceError('This page may not use a camera: browsers allow it on https and on localhost only.');
  }
  let stream: MediaStream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 }, facingMode: 'user' }, audio: false });
  } catch (error) {
    throw new SourceError(sentenceFor(error), { cause: error });
  }
  const video = document.createElement('video');
  video.muted = true;
  video.playsInline = true;
  video.srcObject = stream;
  await video.play();
  return new VideoFrames(video, () => {
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  });
}

function sentenceFor(error: unknown): string {
  switch (error instanceof DOMException ? error.name : '') {
    case 'NotFoundError':
      return 'No camera was found.';
    case 'NotAllowedError':
      return 'The camera was not allowed.';
    case 'NotReadableError':
      return 'The camera is in use by another program.';
    default:
      return `The camera could not be opened: ${error instanceof Error ? error.message : String(error)}`;
  }
}
