#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenjo {

//! Embeddings of crops with whom they show and which camera saw them.
struct EmbeddingSet {
  struct Crop {
    std::int64_t identity = 0;  //!< below 0: junk, neither right nor wrong
    std::int64_t camera = 0;
  };
  std::vector<Crop> crops;
  std::size_t length = 0;      //!< numbers of an embedding
  std::vector<float> numbers;  //!< [crop][length]
};

//! Reads lines of `identity,camera,x1,...,xN`; empty ones, a first one of words and those that
//! begin with # are passed over. Throws Error with file and line for embeddings of different
//! lengths, NaN, what is no number, and a file without any.
EmbeddingSet ReadEmbeddingSet(const std::filesystem::path& path);
EmbeddingSet ParseEmbeddings(std::string_view text, const std::string& name);

enum class EmbeddingDistance { kEuclidean, kCosine };

struct RetrievalScores {
  std::size_t queries = 0;   //!< those with somebody to find
  std::size_t left_out = 0;  //!< queries without
  std::vector<double> cmc;   //!< share of queries with a right answer among the first 1, 2, ... 50
  double mean_ap = 0;        //!< precision at each right answer, averaged
  double mean_ap_trapezoid = 0;  //!< as the benchmark's own first program interpolated it

  double Rank(std::size_t k) const { return k == 0 || k > cmc.size() ? 0 : cmc[k - 1]; }
};

struct CameraPair {
  std::int64_t from = 0;  //!< the query's camera
  std::int64_t to = 0;    //!< the gallery's
  RetrievalScores scores;
};

struct AppearanceEvaluation {
  //! The protocol of Market-1501 (Zheng et al. 2015): crops of the query's identity by the query's
  //! own camera are passed over.
  RetrievalScores across;
  //! Against the crops of the query's own camera alone, the query itself apart.
  RetrievalScores within;
  std::vector<CameraPair> pairs;  //!< by cameras; from and to equal: within
};

//! Each query is compared with the gallery, the nearest first, equal distances in the gallery's
//! order; without a gallery each crop with all others. Throws Error if lengths differ, or for a
//! cosine of an embedding that is 0.
AppearanceEvaluation EvaluateAppearance(const EmbeddingSet& queries,
                                        const std::optional<EmbeddingSet>& gallery,
                                        EmbeddingDistance distance);

std::string AppearanceTables(const AppearanceEvaluation& evaluation);
std::string AppearanceToJson(const AppearanceEvaluation& evaluation);

}  // namespace tenjo
