#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <thread>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/publish/events/deliverer.h"
#include "tenjo/publish/events/rotating_lines.h"
#include "tenjo/publish/events/schema.h"
#include "tenjo/publish/events/sqlite_sink.h"
#include "tenjo/testing/paths.h"

namespace tenjo {
namespace {

using nlohmann::json;
using testing::TempDir;

Event MakeEvent(std::int64_t track) {
  Event event;
  event.type = EventType::kLeft;
  event.camera = "door";
  event.place = "caf\xc3\xa9 \"1\"";
  event.track = track;
  event.utc_s = 1.7e9 + 0.25;
  event.time_s = 12.345;
  event.seconds = 3.5;
  event.at = Point2{1.5, -2};
  event.reason = "walked";
  return event;
}

std::vector<Item> MakeItems(int n, int first = 0) {
  std::vector<Item> items;
  for (int i = 0; i < n; ++i) {
    items.push_back(MakeItem("site", MakeEvent(first + i)));
  }
  return items;
}

std::int64_t TrackOf(const Item& item) { return json::parse(item.json)["track"]; }

TEST(Item, IdsAreUniqueAndRise) {
  std::vector<std::string> ids;
  for (int i = 0; i < 10000; ++i) {
    ids.push_back(MakeId());
    EXPECT_EQ(ids.back().size(), 36U);
    EXPECT_EQ(ids.back()[14], '7');
  }
  EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
  EXPECT_EQ(std::set(ids.begin(), ids.end()).size(), ids.size());
}

TEST(Item, EventsAreJson) {
  const Item item = MakeItem("site", MakeEvent(3));
  const json j = json::parse(item.json);
  EXPECT_EQ(j["id"], item.id);
  EXPECT_EQ(j["event"], "left");
  EXPECT_EQ(j["utc"], "2023-11-14T22:13:20.250Z");
  EXPECT_EQ(j["place"], "caf\xc3\xa9 \"1\"");
  EXPECT_EQ(j["at"], json::parse("[1.5, -2.0]"));
  EXPECT_FALSE(j.contains("hand"));
  Event broken = MakeEvent(1);
  broken.place = "\xff\xfe";
  EXPECT_TRUE(json::accept(MakeItem("site", broken).json));
}

TEST(Outbox, KeepsOrderForEverySink) {
  const TempDir dir;
  Outbox outbox({.path = dir / "outbox.db"});
  outbox.SetSinks({"a", "b"});
  outbox.Append(MakeItems(10));
  EXPECT_EQ(outbox.Next("a", 4).size(), 4U);
  const auto items = outbox.Next("a", 100);
  ASSERT_EQ(items.size(), 10U);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(TrackOf(items[static_cast<std::size_t>(i)]), i);
  }
  outbox.Delivered("a", items[6].number);
  EXPECT_EQ(outbox.Next("a", 100).size(), 3U);
  EXPECT_EQ(outbox.Next("b", 100).size(), 10U);
  outbox.Delivered("a", items[2].number);
  EXPECT_EQ(outbox.Next("a", 100).size(), 3U) << "what was delivered stays so";
  const auto queues = outbox.Queues();
  ASSERT_EQ(queues.size(), 2U);
  EXPECT_EQ(queues[0].waiting, 3);
  EXPECT_EQ(queues[1].waiting, 10);
}

TEST(Outbox, OutlivesTheProcess) {
  const TempDir dir;
  std::vector<Item> items = MakeItems(5);
  {
    Outbox outbox({.path = dir / "outbox.db"});
    outbox.SetSinks({"a"});
    outbox.Append(items);
    outbox.Delivered("a", 2);
  }
  Outbox outbox({.path = dir / "outbox.db"});
  outbox.SetSinks({"a", "new"});
  const auto left = outbox.Next("a", 100);
  ASSERT_EQ(left.size(), 3U);
  EXPECT_EQ(left[0].id, items[2].id);
  EXPECT_EQ(left[0].json, items[2].json);
  EXPECT_TRUE(outbox.Next("new", 100).empty());
  outbox.Append(MakeItems(1));
  EXPECT_EQ(outbox.Next("new", 100).size(), 1U);
  outbox.Delivered("a", 6);
  outbox.Delivered("new", 6);
  outbox.Append(MakeItems(1));
  EXPECT_EQ(outbox.Next("a", 100)[0].number, 7) << "numbers are not used again";
}

TEST(Outbox, WhenFullTheOldestGoAndAreCounted) {
  const TempDir dir;
  Outbox outbox({.path = dir / "outbox.db", .most_items = 10});
  outbox.SetSinks({"away", "quick"});
  for (int i = 0; i < 25; ++i) {
    outbox.Append(MakeItems(1, i));
    outbox.Delivered("quick", i + 1);
  }
  const auto items = outbox.Next("away", 100);
  ASSERT_EQ(items.size(), 10U);
  EXPECT_EQ(TrackOf(items[0]), 15);
  const auto queues = outbox.Queues();
  EXPECT_EQ(queues[0].lost, 15);
  EXPECT_EQ(queues[1].lost, 0);
  outbox.SetSinks({});
  outbox.SetSinks({"away"});
  EXPECT_TRUE(outbox.Next("away", 100).empty());
}

TEST(Outbox, SaysWhatIsWrongWithItsFile) {
  const TempDir dir;
  WriteFile(dir / "outbox.db", std::string(5000, 'x'));
  EXPECT_THROW(Outbox({.path = dir / "outbox.db"}), Error);
  EXPECT_THROW(Outbox({.path = dir / "absent" / "outbox.db"}), Error);
}

// A writer is killed at random moments; what it was told is on disk must be there.
TEST(Outbox, SurvivesKill) {
  const TempDir dir;
  std::mt19937 random(1);
  std::int64_t sure = 0;
  for (int round = 0; round < 5; ++round) {
    int pipe_ends[2];
    ASSERT_EQ(pipe(pipe_ends), 0);
    const pid_t child = fork();
    if (child == 0) {
      Outbox outbox({.path = dir / "outbox.db"});
      outbox.SetSinks({"a"});
      while (true) {
        outbox.Append(MakeItems(3));
        const char done = '.';
        if (write(pipe_ends[1], &done, 1) != 1) {
          _exit(1);
        }
      }
    }
    close(pipe_ends[1]);
    char buffer = 0;
    const int appends = 5 + static_cast<int>(random() % 40);
    for (int i = 0; i < appends && read(pipe_ends[0], &buffer, 1) == 1; ++i) {
      sure += 3;
    }
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    while (read(pipe_ends[0], &buffer, 1) == 1) {
      sure += 3;
    }
    close(pipe_ends[0]);
    Outbox outbox({.path = dir / "outbox.db"});
    outbox.SetSinks({"a"});
    const auto items = outbox.Next("a", 1000000);
    EXPECT_GE(static_cast<std::int64_t>(items.size()), sure);
    EXPECT_EQ(items.size() % 3, 0U) << "all or nothing";
    sure = static_cast<std::int64_t>(items.size());
  }
}

TEST(RotatingLines, CutsWhatAKilledProcessLeft) {
  const TempDir dir;
  WriteFile(dir / "events.jsonl", "{\"id\":\"1\"}\n{\"id\":\"2");
  RotatingLines lines({.path = dir / "events.jsonl"});
  lines.Open();
  const auto items = MakeItems(1);
  lines.Deliver(items);
  EXPECT_EQ(ReadFile(dir / "events.jsonl"), "{\"id\":\"1\"}\n" + items[0].json + "\n");
}

TEST(RotatingLines, Rotates) {
  const TempDir dir;
  const auto items = MakeItems(100);
  RotatingLines lines({.path = dir / "e.jsonl", .most_bytes = 1000, .files = 3});
  lines.Open();
  for (const Item& item : items) {
    lines.Deliver({&item, 1});
  }
  std::string newest;
  for (const char* name : {"e.jsonl.2", "e.jsonl.1", "e.jsonl"}) {
    EXPECT_LE(std::filesystem::file_size(dir / name), 1000U);
    newest += ReadFile(dir / name);
  }
  EXPECT_FALSE(std::filesystem::exists(dir / "e.jsonl.3"));
  std::string all;
  for (const Item& item : items) {
    all += item.json + "\n";
  }
  EXPECT_EQ(newest, all.substr(all.size() - newest.size())) << "the newest, in order";
}

std::int64_t CountRows(const std::filesystem::path& path, const std::string& table) {
  SqliteFile file(path);
  SqlStatement count = file.Prepare("SELECT COUNT(*) FROM " + table);
  count.Step();
  return count.Int(0);
}

TEST(SqliteSink, TakesEveryKindOnceAndForgetsWhatIsOld) {
  const TempDir dir;
  std::vector<Item> items = MakeItems(3);  // of 2023
  Event now = MakeEvent(9);
  now.utc_s = 4e9;
  items.push_back(MakeItem("site", now));
  TrackRecord track{.camera = "door",
                    .track = 5,
                    .began_utc_s = 4e9,
                    .ended_utc_s = 4e9,
                    .path = {{0, 0}, {1, 2}}};
  items.push_back(MakeItem("site", track));
  PlaceMinute minute{.camera = "door", .place = "p", .minute = 70000000};
  items.push_back(MakeItem("site", minute));
  FloorHeat heat(0.25);
  heat.Add({1, 1}, 3);
  items.push_back(MakeItem("site", "door", 4e9, heat));

  SqliteSink sink({.path = dir / "t.db", .keep_days = 30});
  sink.Open();
  sink.Deliver(items);
  sink.Deliver(items);  // as after a failure
  EXPECT_EQ(CountRows(dir / "t.db", "event"), 4);
  EXPECT_EQ(CountRows(dir / "t.db", "track"), 1);
  EXPECT_EQ(CountRows(dir / "t.db", "occupancy"), 1);
  EXPECT_EQ(CountRows(dir / "t.db", "heat"), 1);
  sink.Idle();
  EXPECT_EQ(CountRows(dir / "t.db", "event"), 1);
  EXPECT_EQ(CountRows(dir / "t.db", "track"), 1);
  SqliteFile file(dir / "t.db");
  SqlStatement row = file.Prepare("SELECT place, x, seconds, hand FROM event");
  ASSERT_TRUE(row.Step());
  EXPECT_EQ(row.Text(0), "caf\xc3\xa9 \"1\"");
  EXPECT_DOUBLE_EQ(row.Real(1), 1.5);
  EXPECT_TRUE(row.IsNull(3));
}

TEST(SqliteSink, MovesOldFilesOnAndRefusesNewerOnes) {
  const TempDir dir;
  {
    SqliteFile file(dir / "old.db");
    std::string first = SchemaSteps()[0];
    for (auto at = first.find("%TIME%"); at != std::string::npos; at = first.find("%TIME%")) {
      first.replace(at, 6, "TEXT");
    }
    file.Execute(first + "PRAGMA user_version=1;");
  }
  SqliteSink sink({.path = dir / "old.db"});
  sink.Open();
  sink.Deliver(MakeItems(1));
  EXPECT_EQ(SqliteFile(dir / "old.db").version(), static_cast<int>(SchemaSteps().size()));
  SqliteFile(dir / "new.db").Execute("PRAGMA user_version=99");
  SqliteSink newer({.path = dir / "new.db"});
  EXPECT_THROW(newer.Open(), Error);
}

// A sink that fails now and then, sometimes after having taken a part.
class FlakySink : public EventSink {
 public:
  struct Log {
    std::mutex mutex;
    std::vector<std::string> ids;
    std::map<std::string, std::string> state;
    bool away = false;
  };
  FlakySink(Log& log, unsigned seed) : log_(log), random_(seed) {}
  void Open() override {
    const std::lock_guard lock(log_.mutex);
    if (log_.away) {
      throw Error("away");
    }
  }
  void Deliver(std::span<const Item> items) override {
    for (const Item& item : items) {
      const std::lock_guard lock(log_.mutex);
      if (log_.away || random_() % 40 == 0) {
        throw Error("broke off");
      }
      log_.ids.push_back(item.id);
    }
  }
  void ShowState(const std::map<std::string, std::string>& state) override {
    const std::lock_guard lock(log_.mutex);
    log_.state = state;
  }

 private:
  Log& log_;
  std::mt19937 random_;
};

std::vector<std::string> WithoutDoubles(const std::vector<std::string>& ids) {
  std::set<std::string> seen;
  std::vector<std::string> kept;
  for (const std::string& id : ids) {
    if (seen.insert(id).second) {
      kept.push_back(id);
    }
  }
  return kept;
}

bool WaitUntil(const std::function<bool()>& done) {
  for (int i = 0; i < 2000; ++i) {
    if (done()) {
      return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

TEST(Deliverer, NothingIsLostAndOrderStays) {
  const TempDir dir;
  FlakySink::Log flaky;
  FlakySink::Log away;
  away.away = true;
  std::vector<std::string> truth;
  Outbox outbox({.path = dir / "outbox.db"});
  Deliverer::Sinks sinks;
  sinks.emplace_back("flaky", std::make_unique<FlakySink>(flaky, 1));
  sinks.emplace_back("away", std::make_unique<FlakySink>(away, 2));
  {
    Deliverer deliverer(outbox, std::move(sinks), 0.01);
    for (int i = 0; i < 60; ++i) {
      const auto items = MakeItems(2, 2 * i);
      outbox.Append(items);
      deliverer.Notify();
      for (const Item& item : items) {
        truth.push_back(item.id);
      }
    }
    deliverer.ShowState({{"door", "{}"}});
    EXPECT_TRUE(WaitUntil([&] { return deliverer.Health()[0].waiting == 0; }));
    EXPECT_TRUE(WaitUntil([&] { return deliverer.Health()[1].problem == "away"; }));
    EXPECT_FALSE(deliverer.Health()[1].ok);
    EXPECT_EQ(deliverer.Health()[1].waiting, 120);
    {
      const std::lock_guard lock(away.mutex);
      away.away = false;
    }
    EXPECT_TRUE(WaitUntil([&] { return deliverer.Health()[1].waiting == 0; }));
    EXPECT_TRUE(WaitUntil([&] {
      const std::lock_guard lock(away.mutex);
      return away.state.contains("door");
    }));
  }
  EXPECT_EQ(WithoutDoubles(flaky.ids), truth);
  EXPECT_EQ(WithoutDoubles(away.ids), truth);
}

}  // namespace
}  // namespace tenjo
