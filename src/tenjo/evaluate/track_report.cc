#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <span>

#include "tenjo/base/markup.h"
#include "tenjo/evaluate/html.h"
#include "tenjo/evaluate/track_eval.h"

namespace tenjo {
namespace {

using Row = std::vector<std::string>;

constexpr int kPictureSide = 640;
constexpr int kTimelineWidth = 1000;
constexpr int kLineHeight = 9;

std::string Percent(double value) { return fmt::format("{:.2f}", 100 * value); }
std::string Count(double value) { return fmt::format("{:.0f}", value); }

const Row kHead = {"sequence", "HOTA", "DetA", "AssA",  "LocA", "MOTA",  "MOTP",
                   "IDF1",     "IDR",  "IDP",  "IDSW",  "Frag", "MT",    "PT",
                   "ML",       "FP",   "FN",   "boxes", "ids",  "people"};

Row ScoreRow(const TrackScores& s) {
  return {s.name,
          Percent(Mean(s.hota.hota)),
          Percent(Mean(s.hota.det_a)),
          Percent(Mean(s.hota.ass_a)),
          Percent(Mean(s.hota.loc_a)),
          Percent(s.clear.mota),
          Percent(s.clear.motp),
          Percent(s.identity.f1),
          Percent(s.identity.recall),
          Percent(s.identity.precision),
          Count(s.clear.id_switches),
          Count(s.clear.fragmentations),
          Count(s.clear.mostly_tracked),
          Count(s.clear.partly_tracked),
          Count(s.clear.mostly_lost),
          Count(s.clear.fp),
          Count(s.clear.fn),
          std::to_string(s.boxes),
          std::to_string(s.ids),
          std::to_string(s.truth_ids)};
}

std::vector<Row> ScoreRows(const std::vector<SequenceEvaluation>& sequences,
                           const TrackScores& combined) {
  std::vector<Row> rows;
  rows.reserve(sequences.size() + 1);
  for (const SequenceEvaluation& sequence : sequences) {
    rows.push_back(ScoreRow(sequence.scores));
  }
  if (sequences.size() != 1) {
    rows.push_back(ScoreRow(combined));
  }
  return rows;
}

std::string ColourOf(std::int64_t id) {
  // The golden angle keeps neighbours apart.
  return fmt::format("hsl({:.0f} 70% 50%)", static_cast<double>(id % 1000) * 137.508);
}

HtmlCurve Curve(const char* name, const AlphaArray& values) {
  HtmlCurve curve;
  curve.name = name;
  for (std::size_t a = 0; a < kNumAlphas; ++a) {
    curve.points.emplace_back(0.05 * static_cast<double>(a + 1), values[a]);
  }
  return curve;
}

//! A line a person, coloured by the id that follows; grey: not found.
std::string Timeline(const TrackSequence& sequence, const SequenceEvaluation& evaluation) {
  std::map<std::int64_t, int> line_of;
  for (const TrackRun& run : evaluation.runs) {
    line_of.try_emplace(run.truth_id, static_cast<int>(line_of.size()));
  }
  const double scale = static_cast<double>(kTimelineWidth) /
                       static_cast<double>(std::max<std::int64_t>(sequence.frames, 1));
  std::string out = fmt::format(
      "<div class=\"scroll\"><svg width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\">",
      kTimelineWidth, kLineHeight * line_of.size());
  for (const TrackRun& run : evaluation.runs) {
    const std::string who = run.id < 0 ? std::string("not found") : fmt::format("id {}", run.id);
    fmt::format_to(std::back_inserter(out),
                   "<rect x=\"{:.1f}\" y=\"{}\" width=\"{:.1f}\" height=\"{}\" fill=\"{}\">"
                   "<title>person {}, frames {}-{}: {}</title></rect>",
                   static_cast<double>(run.first - 1) * scale, line_of[run.truth_id] * kLineHeight,
                   std::max(static_cast<double>(run.last - run.first + 1) * scale, 0.5),
                   kLineHeight - 2, run.id < 0 ? "#8883" : ColourOf(run.id), run.truth_id,
                   run.first, run.last, who);
  }
  return out + "</svg></div>\n";
}

std::string BoxSvg(const TrackRow& row, const std::string& colour, const std::string& text,
                   double line, bool dashed) {
  return fmt::format(
      "<rect x=\"{0:.1f}\" y=\"{1:.1f}\" width=\"{2:.1f}\" height=\"{3:.1f}\" fill=\"none\" "
      "stroke=\"{4}\" stroke-width=\"{5:.1f}\"{6}/><text x=\"{0:.1f}\" y=\"{7:.1f}\" "
      "font-size=\"{8:.1f}\" fill=\"{4}\">{9}</text>",
      row.x, row.y, row.w, row.h, colour, line,
      dashed ? fmt::format(" stroke-dasharray=\"{:.1f}\"", 3 * line) : std::string(), row.y - line,
      7 * line, text);
}

class SwitchPictures {
 public:
  SwitchPictures(const TrackSequence& sequence, const TrackHtmlOptions& options)
      : sequence_(sequence), options_(options) {
    for (const auto* rows : {&sequence.truth, &sequence.tracks}) {
      for (const TrackRow& row : *rows) {
        right_ = std::max(right_, row.x + row.w);
        bottom_ = std::max(bottom_, row.y + row.h);
      }
    }
  }

  std::string Html(const IdSwitch& change) const {
    return fmt::format(
        "<figure>{}{}<figcaption>{}: person {} was {} in frame {}, is {} in frame "
        "{}</figcaption></figure>\n",
        Picture(change, change.last_frame, change.old_id),
        Picture(change, change.frame, change.new_id), EscapeHtml(sequence_.name), change.truth_id,
        change.old_id, change.last_frame, change.new_id, change.frame);
  }

 private:
  static std::span<const TrackRow> RowsOf(const std::vector<TrackRow>& rows, std::int64_t frame) {
    const auto [begin, end] =
        std::equal_range(rows.begin(), rows.end(), TrackRow{.frame = frame},
                         [](const TrackRow& a, const TrackRow& b) { return a.frame < b.frame; });
    return {begin, end};
  }

  std::string Picture(const IdSwitch& change, std::int64_t frame, std::int64_t id) const {
    HtmlPicture picture;
    if (!options_.images.empty()) {
      const auto file = TrackPicture(options_.images, sequence_.name, frame);
      picture = file.empty() ? picture : ReadHtmlPicture(file, kPictureSide);
    }
    const double width = picture.width > 0 ? picture.width : right_;
    const double height = picture.height > 0 ? picture.height : bottom_;
    const double line = std::max(width, height) / 250;
    std::string svg = fmt::format("<svg viewBox=\"0 0 {:.0f} {:.0f}\">", width, height);
    if (!picture.data_uri.empty()) {
      svg += fmt::format("<image width=\"{:.0f}\" height=\"{:.0f}\" href=\"{}\"/>", width, height,
                         picture.data_uri);
    }
    for (const TrackRow& row : RowsOf(sequence_.tracks, frame)) {
      const bool old_or_new = row.id == change.old_id || row.id == change.new_id;
      svg += BoxSvg(row, old_or_new ? ColourOf(row.id) : "#ddd", std::to_string(row.id),
                    row.id == id ? 2 * line : line, false);
    }
    for (const TrackRow& row : RowsOf(sequence_.truth, frame)) {
      if (row.id == change.truth_id) {
        svg += BoxSvg(row, "#fff", "", line, true);
      }
    }
    return svg + "</svg>";
  }

  const TrackSequence& sequence_;
  const TrackHtmlOptions& options_;
  double right_ = 1;
  double bottom_ = 1;
};

void AppendField(std::string& out, const char* name, double value) {
  out += fmt::format("{}\"{}\":{}", out.ends_with('{') ? "" : ",", name, JsonNumber(value));
}

void AppendField(std::string& out, const char* name, const AlphaArray& values) {
  out += fmt::format("{}\"{}\":[", out.ends_with('{') ? "" : ",", name);
  for (std::size_t a = 0; a < kNumAlphas; ++a) {
    out += (a > 0 ? "," : "") + JsonNumber(values[a]);
  }
  out += ']';
}

std::string HotaJson(const HotaScores& h) {
  std::string out = "{";
  AppendField(out, "HOTA", h.hota);
  AppendField(out, "DetA", h.det_a);
  AppendField(out, "AssA", h.ass_a);
  AppendField(out, "DetRe", h.det_re);
  AppendField(out, "DetPr", h.det_pr);
  AppendField(out, "AssRe", h.ass_re);
  AppendField(out, "AssPr", h.ass_pr);
  AppendField(out, "LocA", h.loc_a);
  AppendField(out, "OWTA", h.owta);
  AppendField(out, "HOTA_TP", h.tp);
  AppendField(out, "HOTA_FN", h.fn);
  AppendField(out, "HOTA_FP", h.fp);
  AppendField(out, "HOTA(0)", h.hota0);
  AppendField(out, "LocA(0)", h.loc_a0);
  AppendField(out, "HOTALocA(0)", h.hota_loc_a0);
  return out + "}";
}

std::string ClearJson(const ClearScores& c) {
  std::string out = "{";
  AppendField(out, "MOTA", c.mota);
  AppendField(out, "MOTP", c.motp);
  AppendField(out, "MODA", c.moda);
  AppendField(out, "CLR_Re", c.recall);
  AppendField(out, "CLR_Pr", c.precision);
  AppendField(out, "MTR", c.mt_ratio);
  AppendField(out, "PTR", c.pt_ratio);
  AppendField(out, "MLR", c.ml_ratio);
  AppendField(out, "sMOTA", c.smota);
  AppendField(out, "CLR_F1", c.f1);
  AppendField(out, "FP_per_frame", c.fp_per_frame);
  AppendField(out, "MOTAL", c.motal);
  AppendField(out, "MOTP_sum", c.motp_sum);
  AppendField(out, "CLR_TP", c.tp);
  AppendField(out, "CLR_FN", c.fn);
  AppendField(out, "CLR_FP", c.fp);
  AppendField(out, "IDSW", c.id_switches);
  AppendField(out, "MT", c.mostly_tracked);
  AppendField(out, "PT", c.partly_tracked);
  AppendField(out, "ML", c.mostly_lost);
  AppendField(out, "Frag", c.fragmentations);
  AppendField(out, "CLR_Frames", c.frames);
  return out + "}";
}

std::string IdentityJson(const IdentityScores& i) {
  std::string out = "{";
  AppendField(out, "IDF1", i.f1);
  AppendField(out, "IDR", i.recall);
  AppendField(out, "IDP", i.precision);
  AppendField(out, "IDTP", i.tp);
  AppendField(out, "IDFN", i.fn);
  AppendField(out, "IDFP", i.fp);
  return out + "}";
}

}  // namespace

std::string TrackScoresToJson(const TrackScores& s) {
  return fmt::format(
      R"("HOTA":{},"CLEAR":{},"Identity":{},"Count":{{"Dets":{},"GT_Dets":{},"IDs":{},"GT_IDs":{}}})",
      HotaJson(s.hota), ClearJson(s.clear), IdentityJson(s.identity), s.boxes, s.truth_boxes, s.ids,
      s.truth_ids);
}

std::string TracksToJson(const std::vector<SequenceEvaluation>& sequences,
                         const TrackScores& combined) {
  std::string out = R"({"format":"tenjo eval track 1","combined":{)" + TrackScoresToJson(combined) +
                    "},\n\"sequences\":[";
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    const SequenceEvaluation& one = sequences[i];
    out += fmt::format("{}{{\"name\":{},{},\n \"switches\":[", i > 0 ? ",\n" : "",
                       JsonString(one.scores.name), TrackScoresToJson(one.scores));
    for (std::size_t k = 0; k < one.switches.size(); ++k) {
      const IdSwitch& change = one.switches[k];
      out += fmt::format(R"({}{{"frame":{},"person":{},"last_frame":{},"old_id":{},"new_id":{}}})",
                         k > 0 ? "," : "", change.frame, change.truth_id, change.last_frame,
                         change.old_id, change.new_id);
    }
    out += "]}";
  }
  return out + "]}\n";
}

std::string TrackTables(const std::vector<SequenceEvaluation>& sequences,
                        const TrackScores& combined) {
  return TextTable(kHead, ScoreRows(sequences, combined));
}

std::string TracksToHtml(const std::vector<TrackSequence>& sequences,
                         const std::vector<SequenceEvaluation>& evaluations,
                         const TrackScores& combined, const TrackHtmlOptions& options) {
  std::string body = HtmlTable(kHead, ScoreRows(evaluations, combined));
  body += HtmlChart("alpha (least IoU)", "score",
                    {Curve("HOTA", combined.hota.hota), Curve("DetA", combined.hota.det_a),
                     Curve("AssA", combined.hota.ass_a), Curve("LocA", combined.hota.loc_a)});
  std::vector<Row> rows;
  std::string pictures;
  std::size_t drawn = 0;
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    const SwitchPictures draw(sequences[i], options);
    for (const IdSwitch& change : evaluations[i].switches) {
      rows.push_back({sequences[i].name, std::to_string(change.frame),
                      std::to_string(change.truth_id), std::to_string(change.old_id),
                      std::to_string(change.new_id), std::to_string(change.last_frame)});
      if (drawn < options.most_switches) {
        pictures += draw.Html(change);
        ++drawn;
      }
    }
  }
  body += fmt::format("<h2>Id switches ({})</h2>\n", rows.size()) +
          HtmlTable({"sequence", "frame", "person", "old id", "new id", "last seen as old id in"},
                    rows);
  body +=
      fmt::format(
          "<p>The first {} of them: each before and after. White and dashed is the person's true "
          "box.</p>\n<div class=\"pictures\">\n",
          drawn) +
      pictures + "</div>\n";
  body +=
      "<h2>Who was followed when</h2>\n<p>A line a person, a colour an id; grey: not found.</p>\n";
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    body += fmt::format("<h3>{} ({} frames)</h3>\n", EscapeHtml(sequences[i].name),
                        sequences[i].frames) +
            Timeline(sequences[i], evaluations[i]);
  }
  return HtmlPage(options.title, body);
}

}  // namespace tenjo
