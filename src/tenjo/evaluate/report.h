#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tenjo/evaluate/coco_eval.h"
#include "tenjo/evaluate/finds.h"

namespace tenjo {

//! What the reports of `tenjo eval pose` and `tenjo eval detect` share.

using ReportRow = std::vector<std::string>;

//! Three decimals, - where nobody was asked for.
std::string FigureText(double value);
//! Head and row of a summary's figures.
std::pair<ReportRow, ReportRow> SummaryRow(const std::string& name, const CocoSummary& summary);
std::string SummaryJson(const CocoSummary& summary);
//! `like` names the likeness: OKS, IoU.
std::string PointText(const OperatingPoint& point, std::size_t images, const std::string& like);
std::string PointJson(const OperatingPoint& point);
ReportRow ImageHead(const std::string& like);
ReportRow ImageCells(const ImageRow& row, const CocoTruth& truth);
std::string ImagesJson(const std::vector<ImageRow>& rows, const CocoTruth& truth,
                       const std::string& like);
//! Precision over recall at likeness 0.5, 0.75 and 0.9.
std::string PrecisionChart(const ApArrays& arrays, const std::string& like);

}  // namespace tenjo
