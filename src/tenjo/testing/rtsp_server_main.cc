// tenjo_test_rtsp_server FILE|test PORT
// Serves rtsp://127.0.0.1:PORT/cam until it is killed: the H.264 of an .mp4, again and again, or
// "test", a moving test picture as MJPEG. Prints the address on one line once it answers.
#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/rtsp-server/rtsp-server.h>

#include <iostream>
#include <string>
#include <vector>

namespace {

// What an .mp4 holds, still compressed.
struct Clip {
  GstCaps* caps = nullptr;
  std::vector<GstBuffer*> buffers;
  GstClockTime duration = 0;
};

// Where one viewer's (shared) stream is in the clip.
struct Feed {
  const Clip* clip = nullptr;
  std::size_t next = 0;
  GstClockTime offset = 0;
};

bool LoadClip(const std::string& path, Clip& clip) {
  GError* error = nullptr;
  GstElement* pipeline = gst_parse_launch(
      "filesrc name=file ! qtdemux ! video/x-h264 ! appsink name=sink sync=false", &error);
  if (pipeline == nullptr) {
    std::cerr << error->message << "\n";
    return false;
  }
  GstElement* file = gst_bin_get_by_name(GST_BIN(pipeline), "file");
  GstElement* sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  g_object_set(file, "location", path.c_str(), nullptr);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  while (GstSample* sample = gst_app_sink_pull_sample(GST_APP_SINK(sink))) {
    if (clip.caps == nullptr) {
      clip.caps = gst_caps_copy(gst_sample_get_caps(sample));
    }
    GstBuffer* buffer = gst_buffer_copy_deep(gst_sample_get_buffer(sample));
    clip.duration += GST_BUFFER_DURATION(buffer);
    clip.buffers.push_back(buffer);
    gst_sample_unref(sample);
  }
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(file);
  gst_object_unref(sink);
  gst_object_unref(pipeline);
  return !clip.buffers.empty();
}

void OnNeedData(GstElement* source, guint, gpointer user) {
  auto* feed = static_cast<Feed*>(user);
  GstBuffer* buffer = gst_buffer_copy(feed->clip->buffers[feed->next]);
  GST_BUFFER_PTS(buffer) += feed->offset;
  GST_BUFFER_DTS(buffer) = GST_CLOCK_TIME_NONE;
  if (++feed->next == feed->clip->buffers.size()) {
    feed->next = 0;
    feed->offset += feed->clip->duration;
  }
  gst_app_src_push_buffer(GST_APP_SRC(source), buffer);
}

void OnMediaConfigure(GstRTSPMediaFactory*, GstRTSPMedia* media, gpointer user) {
  const auto* clip = static_cast<const Clip*>(user);
  GstElement* bin = gst_rtsp_media_get_element(media);
  GstElement* source = gst_bin_get_by_name_recurse_up(GST_BIN(bin), "feed");
  g_object_set(source, "caps", clip->caps, nullptr);
  auto* feed = new Feed{clip, 0, 0};
  g_object_set_data_full(G_OBJECT(media), "feed", feed,
                         [](gpointer data) { delete static_cast<Feed*>(data); });
  g_signal_connect(source, "need-data", G_CALLBACK(OnNeedData), feed);
  gst_object_unref(source);
  gst_object_unref(bin);
}

int Serve(const std::string& file, const std::string& port) {
  Clip clip;
  GstRTSPMediaFactory* factory = gst_rtsp_media_factory_new();
  gst_rtsp_media_factory_set_shared(factory, TRUE);
  if (file == "test") {
    gst_rtsp_media_factory_set_launch(
        factory,
        "( videotestsrc is-live=true pattern=ball ! "
        "video/x-raw,format=I420,width=320,height=240,framerate=25/1 ! jpegenc ! "
        "rtpjpegpay name=pay0 pt=26 )");
  } else {
    if (!LoadClip(file, clip)) {
      std::cerr << "no H.264 in " << file << "\n";
      return 1;
    }
    gst_rtsp_media_factory_set_launch(
        factory,
        "( appsrc name=feed format=time ! rtph264pay name=pay0 pt=96 config-interval=-1 )");
    g_signal_connect(factory, "media-configure", G_CALLBACK(OnMediaConfigure), &clip);
  }

  GstRTSPServer* server = gst_rtsp_server_new();
  gst_rtsp_server_set_address(server, "127.0.0.1");
  gst_rtsp_server_set_service(server, port.c_str());
  GstRTSPMountPoints* mounts = gst_rtsp_server_get_mount_points(server);
  gst_rtsp_mount_points_add_factory(mounts, "/cam", factory);
  g_object_unref(mounts);
  if (gst_rtsp_server_attach(server, nullptr) == 0) {
    std::cerr << "cannot listen on port " << port << "\n";
    return 1;
  }
  std::cout << "rtsp://127.0.0.1:" << port << "/cam" << std::endl;
  g_main_loop_run(g_main_loop_new(nullptr, FALSE));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  if (argc != 3) {
    std::cerr << "usage: tenjo_test_rtsp_server FILE|test PORT\n";
    return 2;
  }
  return Serve(argv[1], argv[2]);
}
