#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace tenjo {

//! Reads JSON from front to back without building a tree, for files of hundreds of megabytes.
//! Every value must be taken, or skipped, in the order of the text:
//!
//!   reader.Object([&](std::string_view key) {
//!     if (key == "id") { id = reader.Integer(); } else { reader.Skip(); }
//!   });
//!   reader.End();
//!
//! What is not JSON, or not of the asked kind, throws Error with file, line and column. Numbers are
//! the doubles nearest to the text, as strtod and Python give them; NaN and Infinity are refused.
class JsonReader {
 public:
  enum class Kind { kObject, kArray, kString, kNumber, kTrue, kFalse, kNull };

  //! `text` must outlive the reader; `name` stands for the file in errors.
  JsonReader(std::string_view text, std::string name);

  //! What comes next, without taking it.
  Kind Peek();
  //! Calls `field(key)` for each field; it must take the value. `key` holds until it returns.
  template <typename Field>
  void Object(Field&& field) {
    Open('{', "an object");
    if (Closes('}')) {
      return;
    }
    do {
      std::string unescaped;
      const std::string_view key = Key(unescaped);
      field(key);
    } while (More('}'));
  }
  //! Calls `element()` for each element; it must take the value.
  template <typename Element>
  void Array(Element&& element) {
    Open('[', "an array");
    if (Closes(']')) {
      return;
    }
    do {
      element();
    } while (More(']'));
  }
  double Number();
  //! An array of numbers: as many as fit go to `out`. Returns how many there are.
  std::size_t Numbers(std::span<double> out);
  //! A whole number, which may be written 3.0.
  std::int64_t Integer();
  //! true, false, 1 or 0.
  bool Flag();
  std::string String();
  void Skip();
  //! Nothing but blanks may follow.
  void End();

  //! Throws Error with the place of what was last looked at.
  [[noreturn]] void Fail(std::string_view what) const;
  //! The same with the place of byte `offset`.
  [[noreturn]] void FailAt(std::size_t offset, std::string_view what) const;
  //! Byte of the text at which the next value starts.
  std::size_t Offset();

 private:
  void SkipBlanks() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) {
      ++at_;
    }
  }
  void Open(char bracket, const char* what);
  bool Closes(char bracket);
  bool More(char bracket);
  std::string_view Key(std::string& unescaped);
  std::string_view RawString(bool& escaped);
  std::string Unescape(std::string_view raw) const;
  void SkipWord(std::string_view word);
  double SlowNumber();

  const char* begin_;
  const char* at_;
  const char* end_;
  std::string name_;
  int depth_ = 0;
};

}  // namespace tenjo
