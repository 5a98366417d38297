// The sample stream: real footage that set-up put together, played in a loop.
import { type Frames, SourceError } from './frames.js';
import { sentenceForVideo } from './media-error.js';
import { VideoFrames } from './video-frames.js';

export async function openSample(url: string): Promise<Frames> {
  const video = document.createElement('video');
  video.muted = true;
  video.loop = true;
  video.playsInline = true;
  video.preload = 'auto';
  await new Promise<void>((resolve, reject) => {
    video.onloadeddata = () => resolve();
    video.onerror = () => reject(new SourceError(sentenceForVideo(video.error)));
    video.src = url;
  });
  return new VideoFrames(video, () => {
    video.removeAttribute('src');
    video.load();
  });
}
