// A video file in a loop: the sample stream, real footage that set-up put together, or another one.
import { type Frames, SourceError } from './frames.js';
import { sentenceForVideo } from './media-error.js';
import { VideoFrames } from './video-frames.js';

/** `what` stands in the sentence that says why it does not play, where it is not the sample stream. */
export async function openSample(url: string, what?: string): Promise<Frames> {
  const video = document.createElement('video');
  video.muted = true;
  video.loop = true;
  video.playsInline = true;
  video.preload = 'auto';
  await new Promise<void>((resolve, reject) => {
    video.onloadeddata = () => resolve();
    video.onerror = () => reject(new SourceError(sentenceForVideo(video.error, what)));
    video.src = url;
  });
  const frames: Frames = new VideoFrames(video, () => {
    video.removeAttribute('src');
    video.load();
  });
  // Its clips are some seconds long each: a third of it further on is another one.
  frames.jump = () => {
    if (Number.isFinite(video.duration)) video.currentTime = (video.currentTime + video.duration / 3) % video.duration;
  };
  return frames;
}
