#include "tenjo/model/onnx_outline.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl.h>
#include <google/protobuf/wire_format_lite.h>
#include <onnx/onnx_pb.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <set>
#include <system_error>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using google::protobuf::io::FileInputStream;

// Thrown inside this file where the bytes are not the wire format; becomes an Error with the path.
struct Malformed {};

class Descriptor {
 public:
  explicit Descriptor(const std::filesystem::path& path)
      : value_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (value_ < 0) {
      throw Error(fmt::format("cannot read the network {}: {}", path.string(),
                              std::generic_category().message(errno)));
    }
  }
  ~Descriptor() { close(value_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int value() const { return value_; }

 private:
  int value_;
};

// Walks the fields of nested messages by hand, so that the weights, which are nearly all of a file,
// are skipped and not parsed into memory. Every length is held against the end of its message
// first: skipping alone would not notice the end of a file that was cut short.
class OutlineReader {
 public:
  OutlineReader(CodedInputStream* stream, int size) : stream_(stream), size_(size) {}

  OnnxOutline Read() {
    WalkFields(size_, [this](int field, int end) {
      switch (field) {
        case onnx::ModelProto::kGraphFieldNumber:
          has_graph_ = true;
          ReadGraph(end);
          return true;
        case onnx::ModelProto::kMetadataPropsFieldNumber: {
          const auto entry = Parse<onnx::StringStringEntryProto>(end);
          outline_.metadata[entry.key()] = entry.value();
          return true;
        }
        default:
          return false;
      }
    });
    if (!has_graph_) {
      throw Malformed();
    }
    std::erase_if(outline_.inputs,
                  [this](const OnnxValue& value) { return weights_.contains(value.name); });
    return std::move(outline_);
  }

 private:
  // Calls read(field, end of the field) for each field that holds bytes; if it returns false it
  // has not touched the field, which is then skipped.
  template <typename Read>
  void WalkFields(int end, const Read& read) {
    while (stream_->CurrentPosition() < end) {
      const std::uint32_t tag = stream_->ReadTag();
      if (WireFormatLite::GetTagFieldNumber(tag) == 0) {
        throw Malformed();
      }
      switch (WireFormatLite::GetTagWireType(tag)) {
        case WireFormatLite::WIRETYPE_LENGTH_DELIMITED: {
          const int field_end = ReadLength(end);
          if (!read(WireFormatLite::GetTagFieldNumber(tag), field_end) &&
              !stream_->Skip(field_end - stream_->CurrentPosition())) {
            throw Malformed();
          }
          break;
        }
        case WireFormatLite::WIRETYPE_VARINT:
        case WireFormatLite::WIRETYPE_FIXED32:
        case WireFormatLite::WIRETYPE_FIXED64:
          if (!WireFormatLite::SkipField(stream_, tag)) {
            throw Malformed();
          }
          break;
        default:
          throw Malformed();  // groups: ONNX has none
      }
    }
    if (stream_->CurrentPosition() != end) {
      throw Malformed();
    }
  }

  int ReadLength(int end) {
    std::uint32_t length = 0;
    if (!stream_->ReadVarint32(&length) || stream_->CurrentPosition() > end ||
        length > static_cast<std::uint32_t>(end - stream_->CurrentPosition())) {
      throw Malformed();
    }
    return stream_->CurrentPosition() + static_cast<int>(length);
  }

  template <typename Message>
  Message Parse(int end) {
    Message message;
    const auto limit = stream_->PushLimit(end - stream_->CurrentPosition());
    if (!message.MergeFromCodedStream(stream_) || !stream_->ConsumedEntireMessage()) {
      throw Malformed();
    }
    stream_->PopLimit(limit);
    return message;
  }

  void ReadGraph(int graph_end) {
    WalkFields(graph_end, [this](int field, int end) {
      switch (field) {
        case onnx::GraphProto::kInputFieldNumber:
          outline_.inputs.push_back(Value(Parse<onnx::ValueInfoProto>(end)));
          return true;
        case onnx::GraphProto::kOutputFieldNumber:
          outline_.outputs.push_back(Value(Parse<onnx::ValueInfoProto>(end)));
          return true;
        case onnx::GraphProto::kInitializerFieldNumber:
          ReadWeightName(end);
          return true;
        default:
          return false;
      }
    });
  }

  void ReadWeightName(int tensor_end) {
    WalkFields(tensor_end, [this](int field, int end) {
      if (field != onnx::TensorProto::kNameFieldNumber) {
        return false;
      }
      std::string name;
      if (!stream_->ReadString(&name, end - stream_->CurrentPosition())) {
        throw Malformed();
      }
      weights_.insert(std::move(name));
      return true;
    });
  }

  static OnnxValue Value(const onnx::ValueInfoProto& info) {
    OnnxValue value;
    value.name = info.name();
    if (!info.has_type() || !info.type().has_tensor_type()) {
      return value;
    }
    const auto& tensor = info.type().tensor_type();
    value.is_float = tensor.elem_type() == onnx::TensorProto::FLOAT ||
                     tensor.elem_type() == onnx::TensorProto::FLOAT16;
    value.has_shape = tensor.has_shape();
    value.shape.reserve(static_cast<std::size_t>(tensor.shape().dim_size()));
    for (const auto& dim : tensor.shape().dim()) {
      value.shape.push_back(dim.has_dim_value() && dim.dim_value() > 0 ? dim.dim_value() : -1);
    }
    return value;
  }

  CodedInputStream* stream_;
  int size_;
  OnnxOutline outline_;
  std::set<std::string> weights_;
  bool has_graph_ = false;
};

bool LooksLikeText(int file) {
  std::array<char, 256> head = {};
  const auto got = pread(file, head.data(), head.size(), 0);
  return got > 0 && std::all_of(head.begin(), head.begin() + got, [](char c) {
           return static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\r' || c == '\t';
         });
}

}  // namespace

OnnxOutline ReadOnnxOutline(const std::filesystem::path& path) {
  const Descriptor file(path);
  std::error_code failure;
  const auto size = std::filesystem::file_size(path, failure);
  if (failure) {
    throw Error(fmt::format("cannot read the network {}: {}", path.string(), failure.message()));
  }
  if (size == 0) {
    throw Error(fmt::format("the network {} is an empty file", path.string()));
  }
  if (size > static_cast<std::uintmax_t>(std::numeric_limits<int>::max())) {
    throw Error(fmt::format("the network {} has {} bytes; an ONNX file ends at 2147483647 bytes",
                            path.string(), size));
  }
  FileInputStream bytes(file.value());
  CodedInputStream stream(&bytes);
  stream.SetTotalBytesLimit(std::numeric_limits<int>::max());
  try {
    return OutlineReader(&stream, static_cast<int>(size)).Read();
  } catch (const Malformed&) {
    if (LooksLikeText(file.value())) {
      throw Error(fmt::format("{} is a text file, not an ONNX network", path.string()));
    }
    throw Error(
        fmt::format("{} is not an ONNX network, or is damaged or cut short", path.string()));
  }
}

std::string Printable(const std::string& text) {
  constexpr std::size_t kLongest = 80;
  std::string out = text.substr(0, kLongest);
  std::replace_if(
      out.begin(), out.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7f'; }, '?');
  return text.size() > kLongest ? out + "..." : out;
}

}  // namespace tenjo
